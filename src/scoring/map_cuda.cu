// Similarity, softmax and the mean over layers in one launch, a warp a patch; upsampling and Gaussian in another, a block a
// row of the map.
#include "core/launch.cuh"
#include "scoring/map_cuda.h"

namespace anomalyclip {
namespace {

__global__ void abnormality_kernel(AbnormalityJob job) {
  const std::int64_t index = element_index() / kPatchLanes;
  if (index >= job.images * job.patches) return;  // a whole warp at once
  const int lane = static_cast<int>(threadIdx.x % kPatchLanes);
  PatchAbnormality patch(job, index);
  for (int tap = 0; tap < job.tap_count; ++tap) {
    const FeatureSums part = patch.sums(tap, lane);
    patch.add(tap, {over_warp(part.normal), over_warp(part.abnormal), over_warp(part.squares)});
  }
  if (lane == 0) job.out[index] = patch.mean();
}

__global__ void map_kernel(MapJob job) {
  extern __shared__ float columns[];
  const int y = static_cast<int>(blockIdx.x % job.height);
  const std::int64_t image = blockIdx.x / job.height;
  for (int column = threadIdx.x; column < job.columns; column += blockDim.x)
    columns[column] = map_column(job, image, y, column);
  __syncthreads();
  float* row = job.map + static_cast<std::int64_t>(blockIdx.x) * job.width;
  for (int x = threadIdx.x; x < job.width; x += blockDim.x) row[x] = map_value(job, columns, x);
}

}  // namespace

const char* abnormality_cuda(const AbnormalityJob& job, void* stream) {
  abnormality_kernel<<<blocks_for(job.images * job.patches * kPatchLanes), kThreadsOfBlock, 0,
                       static_cast<cudaStream_t>(stream)>>>(job);
  return launch_fault();
}

const char* map_cuda(const MapJob& job, void* stream) {
  map_kernel<<<static_cast<unsigned>(job.images * job.height), kThreadsOfBlock, job.columns * sizeof(float),
               static_cast<cudaStream_t>(stream)>>>(job);
  return launch_fault();
}

}  // namespace anomalyclip
