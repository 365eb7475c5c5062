#pragma once

#include <atomic>
#include <memory>

#include <gst/video/video.h>

#include <anomalyclip/engine.h>

namespace anomalyclip::gst {

/// Shares the engine's GPU with the elements around: who asks for a CUDA context is given the one that the engine works
/// in, so that frames in GPU memory are inspected where they are. Frames of any other context are mapped as ordinary
/// ones: GStreamer copies them. Defined by cuda_sharing.cpp, or by no_cuda_sharing.cpp in a build without
/// gstreamer-cuda-1.0, where there is nothing to share. Queries may come from any thread.
class CudaSharing {
 public:
  explicit CudaSharing(GstElement* element);
  ~CudaSharing();

  /// Begins where the engine takes frames on its GPU, and does nothing elsewhere.
  void open(const ModelInfo& model);
  void close();

  /// Answers a query for a CUDA context. Returns whether it did.
  bool answer(GstQuery* query) const;

  /// Where this frame can be read without a copy.
  FrameMemory memory_of(GstBuffer* buffer) const;

 private:
  struct Context;

  GstElement* const element_;
  std::atomic<std::shared_ptr<Context>> context_;  ///< null while there is nothing to share
};

/// How a frame is mapped to be read there.
GstMapFlags read_flags(FrameMemory memory);

/// What the elements' pads take: ordinary memory, and, in a build that can share, `memory:CUDAMemory` too.
/// @param system  caps of ordinary memory
/// @returns (transfer full)
GstCaps* with_cuda_memory(const char* system);

}  // namespace anomalyclip::gst
