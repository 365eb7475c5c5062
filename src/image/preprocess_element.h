#pragma once

#include <cstddef>
#include <cstdint>

#include "core/host_device.h"
#include "image/resize_axis.h"
#include "image/sample_layout.h"

namespace anomalyclip {

/// One axis of the resize, where the kernels can read it.
struct ResizeAxisView {
  const ResizeWindow* windows;
  const std::int32_t* weights;
};

/// preprocess() of one frame: what its two passes read and write. Pointers are of one side, the host's or the GPU's.
struct PreprocessJob {
  SampleLayout frame;
  Rect part;
  std::int32_t width, height;   ///< of the result
  ResizeAxisView across, down;  ///< part.width to width, part.height to height
  float mean[3], deviation[3];
  std::uint8_t* between;  ///< [part.height, width, 3]: after the horizontal pass
  float* out;             ///< [3, height, width]

  ANOMALYCLIP_HOST_DEVICE std::int64_t across_count() const {
    return std::int64_t{part.height} * width;
  }
  ANOMALYCLIP_HOST_DEVICE std::int64_t down_count() const { return std::int64_t{height} * width; }
};

/// Half a step before the shift, as Pillow rounds.
inline constexpr std::int32_t kHalfWeight = 1 << 21;

/// A sum of samples times weights, kHalfWeight included, as a sample.
ANOMALYCLIP_HOST_DEVICE inline std::uint8_t weighed(std::int32_t sum) {
  const std::int32_t value = sum >> 22;
  return static_cast<std::uint8_t>(value < 0 ? 0 : value > 255 ? 255 : value);
}

/// The horizontal pass for one pixel of `between`: converts what it reads, which is read about four times in all.
/// @param index  below across_count()
ANOMALYCLIP_HOST_DEVICE inline void resize_across(const PreprocessJob& job, std::int64_t index) {
  const int y = static_cast<int>(index / job.width), x = static_cast<int>(index % job.width);
  const ResizeWindow window = job.across.windows[x];
  const std::int32_t* weights = job.across.weights + window.weights;
  std::int32_t sums[3] = {kHalfWeight, kHalfWeight, kHalfWeight};
  for (int i = 0; i < window.count; ++i) {
    std::uint8_t rgb[3];
    rgb_at(job.frame, job.part.x + window.first + i, job.part.y + y, rgb);
    for (int c = 0; c < 3; ++c) sums[c] += rgb[c] * weights[i];
  }
  for (int c = 0; c < 3; ++c) job.between[3 * index + c] = weighed(sums[c]);
}

/// The vertical pass for one pixel, and its normalisation in the reference's order of float32 operations.
/// @param index  below down_count()
ANOMALYCLIP_HOST_DEVICE inline void resize_down(const PreprocessJob& job, std::int64_t index) {
  const int y = static_cast<int>(index / job.width), x = static_cast<int>(index % job.width);
  const ResizeWindow window = job.down.windows[y];
  const std::int32_t* weights = job.down.weights + window.weights;
  const std::ptrdiff_t stride = std::ptrdiff_t{3} * job.width;
  const std::uint8_t* samples = job.between + window.first * stride + 3 * x;
  std::int32_t sums[3] = {kHalfWeight, kHalfWeight, kHalfWeight};
  for (int i = 0; i < window.count; ++i, samples += stride)
    for (int c = 0; c < 3; ++c) sums[c] += samples[c] * weights[i];
  for (int c = 0; c < 3; ++c)
    job.out[c * job.down_count() + index] =
        (static_cast<float>(weighed(sums[c])) / 255.0f - job.mean[c]) / job.deviation[c];
}

}  // namespace anomalyclip
