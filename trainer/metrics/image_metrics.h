#pragma once

#include <cstdint>
#include <vector>

namespace anomalyclip::metrics {

/// How well scores tell anomalous images from normal ones; each 0..1, NaN where one of the two kinds is missing.
struct ImageMetrics {
  double auroc, ap, f1_max;
};

/// Scores and labels of the images of one class, in one order.
struct LabelledScores {
  std::vector<float> scores;
  std::vector<std::uint8_t> anomalous;  ///< not 0 for an anomalous image
};

/// Area under the ROC curve; average precision over distinct thresholds, without interpolation (as scikit-learn has it);
/// and the best F1 on the precision-recall curve.
ImageMetrics image_metrics(const LabelledScores& images);

/// One threshold of a ROC or precision-recall curve: what is at or above it.
struct CurvePoint {
  float threshold;
  double false_positive_rate, recall, precision;
};

/// A point for every distinct score, descending. Empty where one of the two kinds is missing.
std::vector<CurvePoint> curve(const LabelledScores& images);

}  // namespace anomalyclip::metrics
