// The connected parts of a map in four passes: a thread a sample, and a thread a stretch of a row in the last.
#include "core/launch.cuh"
#include "scoring/regions_cuda.h"

namespace anomalyclip {
namespace {

__global__ void begin_kernel(RegionsJob job) {
  const std::int64_t index = element_index();
  if (index < job.samples()) begin_sample(job, index);
}

__global__ void join_kernel(RegionsJob job) {
  const std::int64_t index = element_index();
  if (index < job.samples()) join_sample(job, index);
}

__global__ void number_kernel(RegionsJob job) {
  const std::int64_t index = element_index();
  if (index < job.samples()) number_sample(job, index);
}

__global__ void gather_kernel(RegionsJob job) {
  const std::int64_t index = element_index();
  if (index < job.stretches()) gather_samples(job, index);
}

}  // namespace

const char* regions_cuda(const RegionsJob& job, void* stream) {
  const auto on = static_cast<cudaStream_t>(stream);
  const unsigned blocks = blocks_for(job.samples());
  begin_kernel<<<blocks, kThreadsOfBlock, 0, on>>>(job);
  if (const char* fault = launch_fault()) return fault;
  join_kernel<<<blocks, kThreadsOfBlock, 0, on>>>(job);
  if (const char* fault = launch_fault()) return fault;
  number_kernel<<<blocks, kThreadsOfBlock, 0, on>>>(job);
  if (const char* fault = launch_fault()) return fault;
  gather_kernel<<<blocks_for(job.stretches()), kThreadsOfBlock, 0, on>>>(job);
  return launch_fault();
}

}  // namespace anomalyclip
