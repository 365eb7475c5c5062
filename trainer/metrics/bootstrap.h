#pragma once

#include <cstdint>
#include <vector>

#include "metrics/image_metrics.h"
#include "metrics/pixel_metrics.h"

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

struct PixelIntervals {
  Interval auroc, ap, f1_max, aupro, aupro_bergmann, aupimo;
};

/// Of ResampledPixels::draw(). A draw in which a metric is not defined does not count for it; NaN where none is left.
PixelIntervals pixel_intervals(const std::vector<PixelMetrics>& draws);

/// Draws of a mean over classes: the i-th is the mean of the classes' i-th draws.
/// @param classes  with equally many draws, and independent ones; those without any are not looked at
std::vector<PixelMetrics> mean_of_draws(const std::vector<std::vector<PixelMetrics>>& classes);

}  // namespace anomalyclip::metrics
