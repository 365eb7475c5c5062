// How kernels of one thread an element are launched.
#pragma once

#include <cstdint>
#include <cuda_runtime.h>

namespace anomalyclip {

inline constexpr int kThreadsOfBlock = 256;

/// Blocks for `count` elements; count > 0.
inline unsigned blocks_for(std::int64_t count) {
  return static_cast<unsigned>((count + kThreadsOfBlock - 1) / kThreadsOfBlock);
}

/// This thread's element.
__device__ inline std::int64_t element_index() {
  return static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}

/// What became of the launches since the last call: nullptr where all is well.
inline const char* launch_fault() {
  const cudaError_t error = cudaGetLastError();
  return error == cudaSuccess ? nullptr : cudaGetErrorString(error);
}

}  // namespace anomalyclip
