#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/size.h"

namespace anomalyclip {

/// The anomaly map: the mean over layers of the patches' abnormal probability, upsampled (bilinear,
/// corners not aligned) and smoothed by a Gaussian with scipy's borders (paper section
/// 3.4). The reference sums the layers; this is its sum divided by their number, which keeps the
/// map a probability.
/// @param layers  [B, P, 2] probabilities for each layer, P a square: 0 normal, 1 abnormal;
///                at least one
/// @param size    pixels along each side of the map
/// @param sigma   of the Gaussian, in pixels of the map; 0: none
/// @returns [B, size, size] in [0, 1], on the layers' device
at::Tensor anomaly_map(const std::vector<at::Tensor>& layers, std::int64_t size, double sigma);

/// The same for any grid of patches and any width and height of the map.
/// @param layers  [B, P, 2], P = grid.area(), row by row
/// @returns [B, size.height, size.width]
at::Tensor anomaly_map(const std::vector<at::Tensor>& layers, const Size& grid, const Size& size,
                       double sigma);

/// Where the samples of the upsampled map lie between those of the patches.
enum class Corners {
  kFree,     ///< samples are areas: the outer edges coincide
  kAligned,  ///< samples are points: the corner samples coincide (VAND)
};

/// One value a patch, upsampled (bilinear) and smoothed as anomaly_map() does it.
/// @param patches  [B, rows, columns]
/// @returns [B, size.height, size.width]
at::Tensor upsample(const at::Tensor& patches, const Size& size, double sigma,
                    Corners corners = Corners::kFree);
inline at::Tensor upsample(const at::Tensor& patches, std::int64_t size, double sigma,
                           Corners corners = Corners::kFree) {
  return upsample(patches, Size{size, size}, sigma, corners);
}

/// The map's two linear steps along one axis as a matrix [size, grid], so that map = M patches M^T.
/// Float32, on the CPU; computed in double.
at::Tensor map_operator(std::int64_t grid, std::int64_t size, double sigma,
                        Corners corners = Corners::kFree);

}  // namespace anomalyclip
