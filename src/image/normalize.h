#pragma once

#include <ATen/core/Tensor.h>

namespace anomalyclip {

/// The last step of preprocess(), where the model runs, in a build without kernels: a GPU is sent a byte a sample in
/// place of four.
/// @param pixels  [B, H, W, 3] uint8 R'G'B', contiguous, on any device
/// @returns [B, 3, H, W] float32, CLIP-normalised, on the same device
at::Tensor normalize(const at::Tensor& pixels);

}  // namespace anomalyclip
