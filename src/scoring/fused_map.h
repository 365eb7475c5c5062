#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "core/size.h"

namespace anomalyclip {

// The anomaly map of text methods in two passes over the data, on a GPU two launches; what similarity() and anomaly_map() do
// in ten and more operators a layer.

/// What was tapped: for each layer, the tokens of each attention kind, [B, 1 + P, D] float32, class token first.
using Taps = std::vector<std::vector<at::Tensor>>;

/// Whether these can be taken so: float32 on the CPU, or on CUDA in a build with kernels; outside of gradients, not too
/// many.
bool fuses_map(const Taps& taps);

/// The patches' abnormal probability, averaged over layers: see similarity().
/// @returns [B, P] float32
at::Tensor fused_abnormality(const Taps& taps, const at::Tensor& text, double temperature);

/// Upsampled, smoothed and clamped: see anomaly_map().
/// @param patches  [B, rows, columns] float32
/// @returns [B, size.height, size.width]
at::Tensor fused_map(const at::Tensor& patches, const Size& size, double sigma);

}  // namespace anomalyclip
