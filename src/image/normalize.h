#pragma once

#include <ATen/core/Tensor.h>

namespace anomalyclip {

/// The last step of preprocess(), where the model runs: a GPU is sent a byte a sample in place of four.
/// @param pixels  [B, H, W, 3] uint8 R'G'B', contiguous, on any device
/// @returns [B, 3, H, W] float32, CLIP-normalised, on the same device
at::Tensor normalize(const at::Tensor& pixels);

/// normalize() as one kernel, of square images; defined by normalize_cuda.cu, or by normalize_no_cuda.cpp in a build without nvcc.
/// @param pixels  on a CUDA device; @param out  [B, 3, S, S] float32 there
/// @returns false when this build has no kernel: nothing was done
bool normalize_cuda(const std::uint8_t* pixels, std::int64_t batch, std::int64_t size, float* out);

}  // namespace anomalyclip
