#pragma once

#include <cstdint>

namespace anomalyclip {

/// How a product's operands are stored.
enum class FusedStorage { kFloat, kHalf, kBFloat16 };

/// An AddNormJob whose pointers' type is told apart at run time.
struct AnyAddNormJob {
  const float* x;
  std::int64_t x_stride;
  const void* addend;
  float* sum;
  const float *weight, *bias;
  void* out;
  std::int64_t rows;
  std::int32_t width;
};

/// A BiasGeluJob likewise.
struct AnyBiasGeluJob {
  void* values;
  const void* bias;
  std::int64_t rows;
  std::int32_t width;
};

// Defined by fused_cuda.cu, or by fused_no_cuda.cpp in a build without kernels, where they must not be called.
// Queued on `stream`, a cudaStream_t of the current device, and not waited for; each returns nullptr, or CUDA's words for
// what went wrong.
const char* add_norm_cuda(const AnyAddNormJob& job, FusedStorage storage, void* stream);
const char* bias_quick_gelu_cuda(const AnyBiasGeluJob& job, FusedStorage storage, void* stream);

}  // namespace anomalyclip
