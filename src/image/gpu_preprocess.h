#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include <ATen/core/Tensor.h>
#include <c10/core/Event.h>
#include <c10/core/Stream.h>

#include <anomalyclip/frame.h>

#include "core/size.h"

namespace anomalyclip {

/// An image that a stream of the GPU is still making, perhaps.
struct GpuImage {
  at::Tensor pixels;  ///< [3, H, W] float32, CLIP-normalised
  std::shared_ptr<const c10::Event> ready;
};

/// Makes the calling thread's current stream wait for an image, and no thread; its pixels may be used there afterwards.
void wait_for(const GpuImage& image);

/// preprocess() on a GPU. What the frame's part needs of each plane is packed into pinned memory (libtorch's pool of it,
/// which hands a block out again once the GPU has read it), sent once, and converted, resized and normalised there: the
/// same bits as on the CPU. All of it is queued on a stream of its own, so that it overlaps what is being encoded.
/// Thread-safe.
class GpuPreprocessor {
 public:
  /// @param device  a CUDA device; has_cuda_kernels() must hold
  explicit GpuPreprocessor(at::Device device);

  /// Reads the frame before it returns: one in GPU memory (see FrameMemory) is read where it is, and waited for.
  /// @param part  inside the frame
  /// @throws Error kSettings (the frame, the rectangle or the size makes no sense), kDevice; c10::Error
  GpuImage operator()(const FrameView& frame, const Rect& part, const Size& size);

 private:
  /// One axis of the resize on the device: windows, then weights, int32.
  struct Axis {
    at::Tensor values;
    std::int64_t windows;
  };

  Axis axis(int in, int out);

  at::Device device_;
  c10::Stream stream_;
  std::mutex mutex_;  // guards what follows
  std::map<std::pair<int, int>, Axis> axes_;
};

}  // namespace anomalyclip
