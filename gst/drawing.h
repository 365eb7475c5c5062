#pragma once

#include <memory>

#include <gst/anomaly/gstanomaly.h>
#include <gst/video/video.h>

#include <anomalyclip/gpu_draw.h>

#include "cuda_sharing.h"
#include "settings.h"

namespace anomalyclip::gst {

/// Draws inspections on their frames, where those lie: on the host, or in the GPU memory that is shared.
class Drawing {
 public:
  explicit Drawing(CudaSharing& cuda) : cuda_(cuda) {}

  /// In place. The buffer must be writable; its memory is copied where others use it too.
  /// @throws Error kRead when the frame cannot be mapped; kDevice, kOutOfMemory on a GPU
  void draw(GstBuffer* buffer, const GstVideoInfo& info, const GstAnomalyMeta* meta,
            const OverlaySettings& settings);

  /// Lets go of the GPU.
  void close() { gpu_.reset(); }

 private:
  GpuOverlay& gpu();

  CudaSharing& cuda_;
  std::unique_ptr<GpuOverlay> gpu_;  ///< made for the first frame that needs it
};

}  // namespace anomalyclip::gst
