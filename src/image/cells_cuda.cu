// The means of a frame's cells: a thread a cell.
#include "core/launch.cuh"
#include "image/cells_cuda.h"

namespace anomalyclip {
namespace {

__global__ void cells_kernel(CellsJob job) {
  const std::int64_t index = element_index();
  if (index < job.cells()) write_cell(job, index);
}

}  // namespace

const char* cells_cuda(const CellsJob& job, void* stream) {
  cells_kernel<<<blocks_for(job.cells()), kThreadsOfBlock, 0, static_cast<cudaStream_t>(stream)>>>(
      job);
  return launch_fault();
}

}  // namespace anomalyclip
