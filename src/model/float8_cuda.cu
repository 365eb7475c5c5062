// Tokens to 8-bit floats, a warp each: in one launch, which reads them twice and writes them once.
#include <cuda_bf16.h>
#include <cuda_fp8.h>

#include "core/launch.cuh"
#include "model/float8_cuda.h"
#include "model/float8_element.h"

namespace anomalyclip {
namespace {

using Job = RoundRowsJob<__nv_bfloat16, __nv_fp8_e4m3>;

__device__ float largest_over_warp(float value) {
  for (int offset = warpSize / 2; offset > 0; offset /= 2)
    value = larger(value, __shfl_xor_sync(0xffffffffu, value, offset));
  return value;
}

__global__ void round_rows_kernel(Job job) {
  const std::int64_t index = element_index(), row = index / kRowLanes;
  if (row >= job.rows) return;  // a whole warp at once
  const int lane = static_cast<int>(index % kRowLanes);
  const RoundRow<__nv_bfloat16, __nv_fp8_e4m3> of(job, row);
  of.round(lane, largest_over_warp(of.largest(lane)));
}

}  // namespace

const char* round_rows_cuda(const AnyRoundRowsJob& any, void* stream) {
  const Job job{static_cast<const __nv_bfloat16*>(any.x), static_cast<__nv_fp8_e4m3*>(any.numbers),
                any.scale, any.rows, any.width};
  round_rows_kernel<<<blocks_for(job.rows * kRowLanes), kThreadsOfBlock, 0,
                      static_cast<cudaStream_t>(stream)>>>(job);
  return launch_fault();
}

}  // namespace anomalyclip
