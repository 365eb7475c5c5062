#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include <gst/video/video.h>

#include <anomalyclip/frame.h>

namespace anomalyclip::gst {

/// Shares a GPU with the elements around: who asks for a CUDA context is given the one that this library works in, so that
/// frames in GPU memory are inspected, and drawn on, where they are. Frames of any other context are mapped as ordinary
/// ones: GStreamer copies them, and the bus is told once. Defined by cuda_sharing.cpp, or by no_cuda_sharing.cpp in a build
/// without gstreamer-cuda-1.0, where there is nothing to share. Queries and offers may come from any thread.
class CudaSharing {
 public:
  explicit CudaSharing(GstElement* element);
  ~CudaSharing();

  /// @param device  "cuda:1", which has been used already
  void open(const std::string& device);

  /// open() on the GPU that this frame lies on; nothing while open, or for an ordinary frame.
  void open_for(GstBuffer* buffer);
  void close();

  /// Takes what a neighbour or the application offers: if it is GStreamer's CUDA context of this very GPU and context, all
  /// around use one and the same. Anything else is left alone. May come before open().
  void take(GstContext* offer);

  /// Answers a query for a CUDA context. Returns whether it did.
  bool answer(GstQuery* query) const;

  /// Where this frame can be read without a copy.
  FrameMemory memory_of(GstBuffer* buffer);

  /// Waits for copies between frames that GStreamer has queued: it makes one where a frame that others hold too is to be
  /// drawn on, and does not wait for it.
  void wait_for_copies() const;

  /// As given to open(); empty while there is nothing to share.
  std::string device() const;

 private:
  struct Context;

  GstElement* const element_;
  std::mutex mutex_;               ///< guards the next one, and changes of the one after it
  std::shared_ptr<void> offered_;  ///< GstCudaContext
  std::atomic<std::shared_ptr<Context>> context_;  ///< null until open
};

/// How a frame is mapped to be read there.
GstMapFlags read_flags(FrameMemory memory);

/// How a frame is mapped to be drawn on there.
GstMapFlags write_flags(FrameMemory memory);

/// What the elements' pads take: ordinary memory, and, in a build that can share, `memory:CUDAMemory` too.
/// @param system  caps of ordinary memory
/// @returns (transfer full)
GstCaps* with_cuda_memory(const char* system);

}  // namespace anomalyclip::gst
