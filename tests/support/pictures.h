#pragma once

#include <cstdint>
#include <vector>

#include <anomalyclip/frame.h>

namespace anomalyclip::testing {

/// A picture in RGB with structure, different for each seed.
class Picture {
 public:
  Picture(int width, int height, int seed)
      : width_(width), height_(height), pixels_(static_cast<std::size_t>(width) * height * 3) {
    for (std::size_t i = 0; i < pixels_.size(); ++i)
      pixels_[i] = static_cast<std::uint8_t>((i * 31 + i / (7 + seed) * 13 + seed * 101) % 256);
  }

  FrameView view() const {
    FrameView frame;
    frame.width = width_;
    frame.height = height_;
    frame.planes[0] = pixels_.data();
    frame.strides[0] = std::ptrdiff_t{3} * width_;
    return frame;
  }

  std::vector<std::uint8_t>& pixels() { return pixels_; }

 private:
  int width_, height_;
  std::vector<std::uint8_t> pixels_;
};

}  // namespace anomalyclip::testing
