#pragma once

#include "metrics/pixel_pool.h"

namespace anomalyclip::metrics {

/// How well maps find damaged pixels, over all pixels of all images of a class; each 0..1, NaN where it is not defined.
struct PixelMetrics {
  double auroc, ap, f1_max;
  double aupro;           ///< as the reference implementation has it
  double aupro_bergmann;  ///< exact, to a false-positive rate of 0.3
  double aupimo;          ///< mean over the images with damage
};

/// All of them in a few passes over the sorted pixels. @param pool  sorted
PixelMetrics pixel_metrics(const PixelPool& pool);

}  // namespace anomalyclip::metrics
