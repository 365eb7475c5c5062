#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <anomalyclip/frame.h>

namespace anomalyclip {

class GpuCellMeans;

/// Tells how much a part of a frame differs from the same part of an earlier one, at a small part of the cost of an
/// inspection. The measure: the largest difference, over all cells of 8 x 8 samples of every channel as it is stored, between
/// the two means of a cell. Noise of single pixels nearly vanishes in it, and a change of a few pixels does not: a bright
/// pixel in a dark cell is 1/64, a line through it 1/8. Cells at the end are up to twice as large; alpha does not count.
/// Keeps the means, not the frame; of a frame in GPU memory, nothing but them comes to the host. Not thread-safe: one for each stream.
class ChangeDetector {
 public:
  /// Takes frames in the memory of this GPU too (FrameMemory::kCuda), from now on.
  /// @param device  "cuda:1", ModelInfo::device where ModelInfo::takes_gpu_frames
  /// @throws Error kSettings (no CUDA device), kDevice (no such device, or a build without CUDA kernels)
  void use_gpu(const std::string& device);

  /// 0 (equal) to 1 (from black to white); 1 where nothing is remembered, or a frame of another size or format, or another
  /// part.
  /// @throws Error kSettings (the frame or the rectangle makes no sense, or it is in GPU memory without use_gpu()), kDevice,
  /// kOutOfMemory
  double difference(const FrameView& frame, const Rect& part);

  /// What difference() looked at last is what it compares with from now on.
  void remember() { remembered_ = seen_; }

  void forget() { remembered_ = {}; }

 private:
  struct Picture {
    PixelFormat format = PixelFormat::kRGB;
    Rect part;
    int width = 0, height = 0;         ///< of the frame; 0: there is none
    std::vector<std::uint16_t> means;  ///< of all cells, 0 to 65280
  };

  static bool comparable(const Picture& a, const Picture& b);

  void look_at(const FrameView& frame, const Rect& part);

  std::shared_ptr<const GpuCellMeans> gpu_;  ///< null before use_gpu()
  Picture seen_, remembered_;
};

}  // namespace anomalyclip
