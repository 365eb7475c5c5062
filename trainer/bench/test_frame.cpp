#include "bench/test_frame.h"

#include <cmath>

namespace anomalyclip::bench {

TestFrame::TestFrame(int width, int height)
    : width_(width),
      height_(height),
      pixels_(static_cast<std::size_t>(width) * height +
              2 * static_cast<std::size_t>((width + 1) / 2) * ((height + 1) / 2)) {
  std::uint32_t state = 1;
  const auto random = [&] { return (state = state * 1664525u + 1013904223u) >> 24; };
  for (std::size_t i = 0; i < pixels_.size(); ++i) {
    const double x = static_cast<double>(i % static_cast<std::size_t>(width)) / width;
    const double y = static_cast<double>(i / static_cast<std::size_t>(width)) / height;
    pixels_[i] =
        static_cast<std::uint8_t>(110 + 60 * std::sin(5 * x) * std::cos(4 * y) + random() / 8.0);
  }
}

MutableFrameView TestFrame::mutable_view() {
  MutableFrameView frame;
  const std::ptrdiff_t half = (width_ + 1) / 2;
  frame.format = PixelFormat::kI420;
  frame.width = width_;
  frame.height = height_;
  frame.strides = {width_, half, half};
  frame.planes[0] = pixels_.data();
  frame.planes[1] = frame.planes[0] + static_cast<std::ptrdiff_t>(width_) * height_;
  frame.planes[2] = frame.planes[1] + half * ((height_ + 1) / 2);
  return frame;
}

FrameView TestFrame::view() const {
  const MutableFrameView mine = const_cast<TestFrame*>(this)->mutable_view();
  FrameView frame;
  frame.format = mine.format;
  frame.width = mine.width;
  frame.height = mine.height;
  frame.strides = mine.strides;
  for (std::size_t i = 0; i < 3; ++i) frame.planes[i] = mine.planes[i];
  return frame;
}

}  // namespace anomalyclip::bench
