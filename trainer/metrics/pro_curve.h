#pragma once

#include <vector>

#include "metrics/pixel_pool.h"

namespace anomalyclip::metrics {

/// A threshold of the per-region-overlap curve.
struct ProPoint {
  double false_positive_rate;  ///< of all normal pixels of all images
  double overlap;              ///< mean over all regions of all images of the share that is found
};

/// The reference implementation's 200 thresholds between the least and the greatest value of the maps, ascending: numpy's
/// arange with its rounding, which now and then gives a 201st, at the top. Of numpy's two, the one since 2.0: single
/// precision (before, double; one threshold may then lie on the other side of a pixel).
std::vector<float> reference_thresholds(float least, float greatest);

/// AUPRO as the reference implementation has it: of its thresholds, those with a false-positive rate below 0.3; their rates
/// stretched to 0..1, without a point at 0.3; trapezoids. NaN where no region, or no two different rates, remain.
double area_of_reference_curve(const std::vector<ProPoint>& points);

/// The reference's AUPRO. @param pool  sorted
double aupro_reference(const PixelPool& pool);

/// AUPRO as Bergmann et al. define it (2021, section 5.2): every distinct value is a threshold; the exact area up to a
/// false-positive rate of `limit`, divided by it. NaN without a region or without a normal pixel. @param pool  sorted
double aupro_exact(const PixelPool& pool, double limit = 0.3);

/// AUPIMO (Bertoldo et al. 2024): for each image with damage, the mean over log F, F from 1e-5 to 1e-4, of the found
/// share of its damage at the threshold that F of all pixels of the good images reach. @param pool  sorted
/// Below one pixel of all good images F is not resolved: there only what exceeds every good pixel counts as found.
/// @returns one value an image with damage, in the order added; empty without a good image
std::vector<double> aupimo(const PixelPool& pool, double least = 1e-5, double greatest = 1e-4);

}  // namespace anomalyclip::metrics
