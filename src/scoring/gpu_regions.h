#pragma once

#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

#include <anomalyclip/result.h>

namespace anomalyclip {

/// More connected parts than this are noise. The host searches such a map.
inline constexpr int kMostComponents = 4096;

/// find_regions() where the map lies on a GPU: the same regions, and only what they are made of comes to the host: four bytes
/// where there are none, else 24 for each connected part besides. Waits for the GPU.
/// @param map  [height, width]
/// @returns none where the kernels do not take the map, or where it has more than kMostComponents parts: then it is the host's
/// @throws Error kSettings as find_regions(), kDevice; c10::Error
std::optional<std::vector<Region>> gpu_regions(const at::Tensor& map, double pixel_threshold,
                                               const Rect& covers);

}  // namespace anomalyclip
