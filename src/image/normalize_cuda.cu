// The CUDA twin of normalize(): one thread a pixel, three planes written side by side.
#include <cstdint>

#include <cuda_runtime.h>

#include "image/clip_statistics.h"

namespace anomalyclip {
namespace {

struct Statistics {
  float mean[3], deviation[3];
};

__global__ void normalize_kernel(const std::uint8_t* pixels, std::int64_t plane, std::int64_t count,
                                 Statistics statistics, float* out) {
  const std::int64_t pixel = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (pixel >= count) return;
  const std::int64_t image = pixel / plane, offset = pixel % plane;
  for (int channel = 0; channel < 3; ++channel) {
    // The same divisions as on the CPU, in the same order: equal to the last bit.
    const float unit = __fdiv_rn(static_cast<float>(pixels[pixel * 3 + channel]), 255.0f);
    out[(image * 3 + channel) * plane + offset] =
        __fdiv_rn(__fsub_rn(unit, statistics.mean[channel]), statistics.deviation[channel]);
  }
}

}  // namespace

bool normalize_cuda(const std::uint8_t* pixels, std::int64_t batch, std::int64_t size, float* out) {
  const std::int64_t plane = size * size, count = batch * plane;
  Statistics statistics;
  for (int channel = 0; channel < 3; ++channel) {
    statistics.mean[channel] = kClipMean[channel];
    statistics.deviation[channel] = kClipDeviation[channel];
  }
  constexpr int kThreads = 256;
  // The default stream, which is libtorch's current one unless a caller changes it.
  normalize_kernel<<<static_cast<unsigned>((count + kThreads - 1) / kThreads), kThreads>>>(pixels, plane, count,
                                                                                           statistics, out);
  return cudaGetLastError() == cudaSuccess;
}

}  // namespace anomalyclip
