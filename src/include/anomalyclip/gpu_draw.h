#pragma once

#include <memory>
#include <span>
#include <string>

#include <anomalyclip/draw.h>

namespace anomalyclip {

/// draw_overlay() on frames in the memory of one GPU: the same bits, without the frame ever coming to the host. What is sent
/// there is the map, where anything of it is to be seen, and the label's patch. To be used by one thread at a time.
class GpuOverlay {
 public:
  /// @param device  "cuda", "cuda:1"
  /// @throws Error kSettings (another name), kDevice (no such device, or a build without CUDA kernels)
  explicit GpuOverlay(const std::string& device);
  ~GpuOverlay();

  /// Arguments as draw_overlay()'s, but that the frame's planes lie in the device's memory (see FrameMemory::kCuda). Whoever
  /// wrote the frame has finished; it is drawn when this returns.
  /// @throws Error kSettings as draw_overlay(), kDevice, kOutOfMemory
  void draw(const MutableFrameView& frame, const MapView& map, std::span<const Region> regions,
            const OverlayStyle& style);

 private:
  struct Gpu;
  std::unique_ptr<Gpu> gpu_;
};

}  // namespace anomalyclip
