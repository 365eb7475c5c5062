#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

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

/// The map's two linear steps along one axis as a matrix [size, grid], so that map = M patches M^T.
/// Float32, on the CPU; computed in double.
at::Tensor map_operator(std::int64_t grid, std::int64_t size, double sigma);

}  // namespace anomalyclip
