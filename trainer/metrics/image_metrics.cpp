#include "metrics/image_metrics.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "metrics/auroc.h"

namespace anomalyclip::metrics {

std::vector<CurvePoint> curve(const LabelledScores& images) {
  const std::vector<float>& scores = images.scores;
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  const auto normal = std::count(images.anomalous.begin(), images.anomalous.end(), 0);
  const double negatives = static_cast<double>(normal);
  const double positives = static_cast<double>(scores.size()) - negatives;
  std::vector<CurvePoint> points;
  if (negatives == 0 || positives == 0) return points;
  double hits = 0, alarms = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    (images.anomalous[order[i]] ? hits : alarms) += 1;
    const float score = scores[order[i]];
    if (i + 1 < order.size() && scores[order[i + 1]] == score) continue;
    points.push_back({score, alarms / negatives, hits / positives, hits / (hits + alarms)});
  }
  return points;
}

ImageMetrics image_metrics(const LabelledScores& images) {
  const std::vector<CurvePoint> points = curve(images);
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  if (points.empty()) return {kNone, kNone, kNone};
  ImageMetrics out{auroc(images.scores, images.anomalous), 0, 0};
  double recall = 0;
  for (const CurvePoint& point : points) {
    out.ap += (point.recall - recall) * point.precision;
    recall = point.recall;
    const double sum = point.precision + point.recall;
    if (sum > 0) out.f1_max = std::max(out.f1_max, 2 * point.precision * point.recall / sum);
  }
  return out;
}

}  // namespace anomalyclip::metrics
