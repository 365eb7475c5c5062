// The encoder's steps between two matrix products: a warp a row of a layer norm, a thread four elements of QuickGELU.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "core/launch.cuh"
#include "model/fused_cuda.h"
#include "model/fused_element.h"

namespace anomalyclip {
namespace {

template <typename T>
__global__ void add_norm_kernel(AddNormJob<T> job) {
  const std::int64_t index = element_index(), row = index / kRowLanes;
  if (row >= job.rows) return;  // a whole warp at once
  const int lane = static_cast<int>(index % kRowLanes);
  const AddNormRow<T> of(job, row);
  const float mean = of.mean(over_warp(of.add(lane)));
  const float inverse = of.inverse_deviation(over_warp(of.spread(lane, mean)));
  of.normalise(lane, mean, inverse);
}

template <typename T>
__global__ void bias_quick_gelu_kernel(BiasGeluJob<T> job) {
  const std::int64_t index = element_index();
  if (index < job.quads()) bias_quick_gelu(job, index);
}

template <typename T>
void launch(const AnyAddNormJob& any, cudaStream_t stream) {
  const AddNormJob<T> job{any.x,      any.x_stride, static_cast<const T*>(any.addend), any.sum,
                          any.weight, any.bias,     static_cast<T*>(any.out),          any.rows,
                          any.width};
  add_norm_kernel<<<blocks_for(job.rows * kRowLanes), kThreadsOfBlock, 0, stream>>>(job);
}

template <typename T>
void launch(const AnyBiasGeluJob& any, cudaStream_t stream) {
  const BiasGeluJob<T> job{static_cast<T*>(any.values), static_cast<const T*>(any.bias), any.rows,
                           any.width};
  bias_quick_gelu_kernel<<<blocks_for(job.quads()), kThreadsOfBlock, 0, stream>>>(job);
}

template <typename Job>
const char* launch_as(const Job& job, FusedStorage storage, void* stream) {
  const auto on = static_cast<cudaStream_t>(stream);
  switch (storage) {
    case FusedStorage::kFloat:
      launch<float>(job, on);
      break;
    case FusedStorage::kHalf:
      launch<__half>(job, on);
      break;
    case FusedStorage::kBFloat16:
      launch<__nv_bfloat16>(job, on);
      break;
  }
  return launch_fault();
}

}  // namespace

const char* add_norm_cuda(const AnyAddNormJob& job, FusedStorage storage, void* stream) {
  return launch_as(job, storage, stream);
}

const char* bias_quick_gelu_cuda(const AnyBiasGeluJob& job, FusedStorage storage, void* stream) {
  return launch_as(job, storage, stream);
}

}  // namespace anomalyclip
