// preprocess() on a GPU: a thread a pixel in each of the two passes.
#include "core/launch.cuh"
#include "image/preprocess_cuda.h"

namespace anomalyclip {
namespace {

__global__ void across_kernel(PreprocessJob job) {
  const std::int64_t index = element_index();
  if (index < job.across_count()) resize_across(job, index);
}

__global__ void down_kernel(PreprocessJob job) {
  const std::int64_t index = element_index();
  if (index < job.down_count()) resize_down(job, index);
}

}  // namespace

const char* preprocess_cuda(const PreprocessJob& job, void* stream) {
  const auto on = static_cast<cudaStream_t>(stream);
  across_kernel<<<blocks_for(job.across_count()), kThreadsOfBlock, 0, on>>>(job);
  if (const char* fault = launch_fault()) return fault;
  down_kernel<<<blocks_for(job.down_count()), kThreadsOfBlock, 0, on>>>(job);
  return launch_fault();
}

}  // namespace anomalyclip
