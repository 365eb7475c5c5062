#include "loop/curves.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string_view>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "core/atomic_file.h"

namespace anomalyclip::trainer {
namespace {

constexpr int kWidth = 900, kHeight = 540;
const cv::Rect kPlot(80, 30, 640, 440);
const cv::Scalar kInk(60, 60, 60), kGrid(225, 225, 225);
// Blue, vermilion, green, purple, orange: told apart by those who see colours differently.
const std::vector<cv::Scalar> kColors = {
    {178, 114, 0}, {0, 94, 213}, {115, 158, 0}, {167, 121, 204}, {0, 159, 230}};

struct Curve {
  std::string name;
  std::vector<double> values;  // one an epoch
};

std::vector<Curve> curves_of(const std::vector<EpochRecord>& history) {
  std::vector<Curve> curves{{"loss", {}}};
  for (const auto& [name, value] : history.front().terms) curves.push_back({name, {}});
  for (const EpochRecord& record : history) {
    curves[0].values.push_back(record.loss);
    for (std::size_t i = 1; i < curves.size(); ++i)
      curves[i].values.push_back(record.terms.at(curves[i].name));
  }
  return curves;
}

/// Maps epochs and losses to pixels.
class Axes {
 public:
  explicit Axes(const std::vector<Curve>& curves) : epochs_(curves.front().values.size()) {
    double least = INFINITY, most = -INFINITY;
    for (const Curve& curve : curves)
      for (const double value : curve.values)
        least = std::min(least, value), most = std::max(most, value);
    logarithmic_ = least > 0;
    low_ = scaled(least), high_ = scaled(most);
    if (high_ - low_ < 1e-9) low_ -= 0.5, high_ += 0.5;
    const double margin = 0.05 * (high_ - low_);
    low_ -= margin, high_ += margin;
  }

  /// @param epoch  from 1
  cv::Point at(std::size_t epoch, double value) const {
    return {x(epoch), kPlot.y + static_cast<int>(std::lround((high_ - scaled(value)) /
                                                             (high_ - low_) * kPlot.height))};
  }

  int x(std::size_t epoch) const {
    const double span = std::max<double>(1, static_cast<double>(epochs_) - 1);
    return kPlot.x +
           static_cast<int>(std::lround(static_cast<double>(epoch - 1) / span * kPlot.width));
  }

  /// The value at a fraction of the axis's height, from below.
  double value_at(double fraction) const {
    const double value = low_ + fraction * (high_ - low_);
    return logarithmic_ ? std::pow(10, value) : value;
  }

  std::size_t epochs() const { return epochs_; }

 private:
  double scaled(double value) const { return logarithmic_ ? std::log10(value) : value; }

  std::size_t epochs_;
  bool logarithmic_ = false;
  double low_ = 0, high_ = 1;
};

void write(cv::Mat& picture, const std::string& text, cv::Point at, const cv::Scalar& color) {
  cv::putText(picture, text, at, cv::FONT_HERSHEY_SIMPLEX, 0.45, color, 1, cv::LINE_AA);
}

void draw_axes(cv::Mat& picture, const Axes& axes) {
  for (int i = 0; i <= 5; ++i) {
    const double fraction = i / 5.0;
    const int y = kPlot.y + static_cast<int>(std::lround((1 - fraction) * kPlot.height));
    cv::line(picture, {kPlot.x, y}, {kPlot.x + kPlot.width, y}, kGrid, 1, cv::LINE_AA);
    char text[32];
    std::snprintf(text, sizeof text, "%.3g", axes.value_at(fraction));
    write(picture, text, {12, y + 5}, kInk);
  }
  const std::size_t step = std::max<std::size_t>(1, (axes.epochs() + 9) / 10);
  for (std::size_t epoch = 1; epoch <= axes.epochs(); epoch += step)
    write(picture, std::to_string(epoch), {axes.x(epoch) - 4, kPlot.y + kPlot.height + 22}, kInk);
  write(picture, "epoch", {kPlot.x + kPlot.width / 2 - 20, kPlot.y + kPlot.height + 46}, kInk);
  cv::rectangle(picture, kPlot, kInk, 1, cv::LINE_AA);
}

void draw_curve(cv::Mat& picture, const Axes& axes, const Curve& curve, std::size_t number) {
  const cv::Scalar& color = kColors[number % kColors.size()];
  const int thickness = number == 0 ? 2 : 1;
  for (std::size_t i = 0; i < curve.values.size(); ++i) {
    const cv::Point here = axes.at(i + 1, curve.values[i]);
    cv::circle(picture, here, thickness + 1, color, cv::FILLED, cv::LINE_AA);
    if (i > 0)
      cv::line(picture, axes.at(i, curve.values[i - 1]), here, color, thickness, cv::LINE_AA);
  }
  const int y = kPlot.y + 16 + 24 * static_cast<int>(number), x = kPlot.x + kPlot.width + 20;
  cv::line(picture, {x, y - 4}, {x + 24, y - 4}, color, 3, cv::LINE_AA);
  write(picture, curve.name, {x + 32, y}, kInk);
}

}  // namespace

void save_curves(const std::string& path, const std::vector<EpochRecord>& history) {
  if (history.empty()) return;
  const std::vector<Curve> curves = curves_of(history);
  const Axes axes(curves);
  cv::Mat picture(kHeight, kWidth, CV_8UC3, cv::Scalar::all(255));
  draw_axes(picture, axes);
  for (std::size_t i = curves.size(); i-- > 0;) draw_curve(picture, axes, curves[i], i);
  std::vector<unsigned char> png;
  cv::imencode(".png", picture, png);
  write_file_atomically(path,
                        std::string_view(reinterpret_cast<const char*>(png.data()), png.size()));
}

}  // namespace anomalyclip::trainer
