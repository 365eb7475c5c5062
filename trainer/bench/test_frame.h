#pragma once

#include <cstdint>
#include <vector>

#include <anomalyclip/frame.h>

namespace anomalyclip::bench {

/// A camera's frame of any size, I420: smooth light with a texture on it. Always the same.
class TestFrame {
 public:
  TestFrame(int width, int height);
  FrameView view() const;
  MutableFrameView mutable_view();

 private:
  int width_, height_;
  std::vector<std::uint8_t> pixels_;
};

}  // namespace anomalyclip::bench
