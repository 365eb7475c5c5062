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

/// The sum over the warp, the same in every lane.
__device__ inline float over_warp(float value) {
  for (int offset = warpSize / 2; offset > 0; offset /= 2)
    value += __shfl_xor_sync(0xffffffffu, value, offset);
  return value;
}

/// What became of the launches since the last call: nullptr where all is well.
inline const char* launch_fault() {
  const cudaError_t error = cudaGetLastError();
  return error == cudaSuccess ? nullptr : cudaGetErrorString(error);
}

}  // namespace anomalyclip
