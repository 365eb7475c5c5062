// The rows of a map that reach a threshold: a warp a row.
#include "core/launch.cuh"
#include "scoring/regions_cuda.h"

namespace anomalyclip {
namespace {

__global__ void reach_kernel(ReachJob job) {
  const std::int64_t index = element_index();
  const int row = static_cast<int>(index / kRowLanes), lane = static_cast<int>(index % kRowLanes);
  if (row >= job.height) return;  // a whole warp at once
  if (!__any_sync(0xffffffffu, reaches(job, row, lane)) || lane != 0) return;
  atomicMax(&job.found[0], job.height - row);
  atomicMax(&job.found[1], row + 1);
}

}  // namespace

const char* reach_cuda(const ReachJob& job, void* stream) {
  reach_kernel<<<blocks_for(std::int64_t{job.height} * kRowLanes), kThreadsOfBlock, 0,
                 static_cast<cudaStream_t>(stream)>>>(job);
  return launch_fault();
}

}  // namespace anomalyclip
