#pragma once

#include <cstdint>

namespace anomalyclip {

/// A RoundRowsJob from bfloat16.
struct AnyRoundRowsJob {
  const void* x;
  void* numbers;
  float* scale;
  std::int64_t rows;
  std::int32_t width;
};

/// Defined by float8_cuda.cu, or by float8_no_cuda.cpp in a build without kernels, where it must not be called. Queued on
/// `stream`, a cudaStream_t of the current device, and not waited for.
/// @returns nullptr, or CUDA's words for what went wrong
const char* round_rows_cuda(const AnyRoundRowsJob& job, void* stream);

}  // namespace anomalyclip
