#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <c10/core/Device.h>
#include <c10/core/Stream.h>

#include <anomalyclip/frame.h>

namespace anomalyclip {

/// cell_means() of frames in the memory of one GPU: the same numbers, and nothing but them comes to the host.
class GpuCellMeans {
 public:
  /// @param device  "cuda:1"
  /// @throws Error kSettings (no CUDA device), kDevice (no such device, or a build without CUDA kernels)
  explicit GpuCellMeans(const std::string& device);

  /// Whoever wrote the frame has finished; it has been read when this returns.
  /// @throws Error kDevice; c10::Error
  void operator()(const FrameView& frame, const Rect& part,
                  std::vector<std::uint16_t>& means) const;

 private:
  const c10::Device device_;
  const c10::Stream stream_;
};

}  // namespace anomalyclip
