#pragma once

#include <cstdint>

#include "metrics/image_metrics.h"

namespace anomalyclip::metrics {

/// The middle 95 % of what a metric gives when the images are drawn again, with replacement.
struct Interval {
  double low, high;
};

struct ImageIntervals {
  Interval auroc, ap, f1_max;
};

/// Percentile bootstrap; draws without both kinds of image are drawn again. The same seed gives the same intervals. NaN
/// where the metric is.
ImageIntervals bootstrap(const LabelledScores& images, int draws, std::uint64_t seed);

/// The same of a mean of per-class metrics: classes stay, the images within each are drawn again.
/// @param classes  those without both kinds of image are not looked at
ImageIntervals bootstrap_mean(const std::vector<LabelledScores>& classes, int draws,
                              std::uint64_t seed);

}  // namespace anomalyclip::metrics
