// The overlay on a frame in GPU memory: a thread for each group of pixels that share chroma.
#include "core/launch.cuh"
#include "image/draw_cuda.h"

namespace anomalyclip {
namespace {

/// The job stays where it was passed: members found by an index would have each thread copy it.
template <typename Painter>
__global__ void draw_kernel(const __grid_constant__ DrawJob<Painter> job) {
  const std::int64_t index = element_index();
  if (index < job.count()) draw_group(job, index);
}

template <typename Painter>
const char* launch(const DrawJob<Painter>& job, void* stream) {
  draw_kernel<<<blocks_for(job.count()), kThreadsOfBlock, 0, static_cast<cudaStream_t>(stream)>>>(
      job);
  return launch_fault();
}

}  // namespace

const char* draw_cuda(const DrawJob<MapPainter>& job, void* stream) {
  return launch(job, stream);
}

const char* draw_cuda(const DrawJob<BoxPainter>& job, void* stream) {
  return launch(job, stream);
}

const char* draw_cuda(const DrawJob<LabelPainter>& job, void* stream) {
  return launch(job, stream);
}

}  // namespace anomalyclip
