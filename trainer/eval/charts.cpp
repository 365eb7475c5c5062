#include "eval/charts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace anomalyclip::trainer {
namespace {

constexpr double kSide = 180, kLeft = 34, kTop = 22, kWidth = 230, kHeight = 240;

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

std::string text_at(double x, double y, const std::string& text, const char* anchor = "middle") {
  return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" + anchor + "\">" +
         text + "</text>";
}

/// A frame with its title, the axes' names and the ends of the scales.
std::string frame(const char* title, const char* x_name, const std::string& x_low,
                  const std::string& x_high, const std::string& y_high) {
  std::string out = "<svg class=\"chart\" viewBox=\"0 0 " + number(kWidth) + " " + number(kHeight) +
                    "\" width=\"" + number(kWidth) + "\" height=\"" + number(kHeight) +
                    "\" role=\"img\" aria-label=\"" + title + "\">";
  out += "<rect x=\"" + number(kLeft) + "\" y=\"" + number(kTop) + "\" width=\"" + number(kSide) +
         "\" height=\"" + number(kSide) + "\" class=\"frame\"/>";
  out += "<g class=\"title\">" + text_at(kLeft + kSide / 2, kTop - 8, title) + "</g>";
  out += text_at(kLeft, kTop + kSide + 14, x_low) +
         text_at(kLeft + kSide, kTop + kSide + 14, x_high) +
         text_at(kLeft + kSide / 2, kTop + kSide + 28, x_name);
  return out + text_at(kLeft - 4, kTop + kSide, "0", "end") +
         text_at(kLeft - 4, kTop + 9, y_high, "end");
}

std::string at(double x, double y) {
  return number(kLeft + kSide * x) + "," + number(kTop + kSide * (1 - y)) + " ";
}

}  // namespace

std::string roc_chart(const metrics::LabelledScores& images) {
  const auto points = metrics::curve(images);
  if (points.empty()) return "";
  std::string out = frame("ROC", "false-positive rate → recall", "0", "1", "1");
  out += "<polyline class=\"chance\" points=\"" + at(0, 0) + at(1, 1) + "\"/>";
  out += "<polyline class=\"curve\" points=\"" + at(0, 0);
  for (const auto& point : points) out += at(point.false_positive_rate, point.recall);
  return out + "\"/></svg>";
}

std::string precision_recall_chart(const metrics::LabelledScores& images) {
  const auto points = metrics::curve(images);
  if (points.empty()) return "";
  std::string out = frame("Precision and recall", "recall → precision", "0", "1", "1");
  out += "<polyline class=\"curve\" points=\"" + at(0, points.front().precision);
  for (const auto& point : points) out += at(point.recall, point.precision);
  return out + "\"/></svg>";
}

std::string score_histogram(const metrics::LabelledScores& images,
                            std::optional<double> threshold) {
  constexpr std::size_t kBins = 30;
  if (images.scores.empty()) return "";
  const auto [least, greatest] = std::minmax_element(images.scores.begin(), images.scores.end());
  const double low = *least, span = *greatest > *least ? double(*greatest) - low : 1;
  std::array<std::array<int, kBins>, 2> counts{};
  for (std::size_t i = 0; i < images.scores.size(); ++i) {
    const double share = (images.scores[i] - low) / span;
    ++counts[images.anomalous[i] ? 1 : 0]
            [std::min(kBins - 1, static_cast<std::size_t>(share * kBins))];
  }
  int most = 1;
  for (const auto& kind : counts)
    most = std::max(most, *std::max_element(kind.begin(), kind.end()));
  std::string out = frame("Scores", "score (green good, red anomalous)", number(low),
                          number(low + span), std::to_string(most));
  for (std::size_t kind = 0; kind < 2; ++kind)
    for (std::size_t bin = 0; bin < kBins; ++bin) {
      const double height = kSide * counts[kind][bin] / most;
      if (height == 0) continue;
      out += "<rect class=\"" + std::string(kind ? "bad" : "good") + "\" x=\"" +
             number(kLeft + kSide * static_cast<double>(bin) / kBins) + "\" y=\"" +
             number(kTop + kSide - height) + "\" width=\"" + number(kSide / kBins) +
             "\" height=\"" + number(height) + "\"/>";
    }
  if (threshold && *threshold >= low && *threshold <= low + span) {
    const double x = (*threshold - low) / span;
    out += "<polyline class=\"threshold\" points=\"" + at(x, 0) + at(x, 1) + "\"/>";
  }
  return out + "</svg>";
}

}  // namespace anomalyclip::trainer
