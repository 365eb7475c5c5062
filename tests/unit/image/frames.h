#pragma once

#include <array>
#include <cstdint>
#include <ostream>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include <anomalyclip/frame.h>

#include "image/pixel_format.h"

namespace anomalyclip {

inline constexpr std::array kAllFormats = {
    PixelFormat::kI420, PixelFormat::kNV12, PixelFormat::kYUY2,  PixelFormat::kUYVY,
    PixelFormat::kRGB,  PixelFormat::kBGR,  PixelFormat::kRGBx,  PixelFormat::kBGRx,
    PixelFormat::kxRGB, PixelFormat::kxBGR, PixelFormat::kRGBA,  PixelFormat::kBGRA,
    PixelFormat::kARGB, PixelFormat::kABGR, PixelFormat::kGRAY8, PixelFormat::kGRAY16_LE};

/// A frame that owns its bytes: random ones, with `padding` bytes after every row, every plane in
/// its own allocation so that a sanitizer sees a step over its end.
class TestFrame {
 public:
  TestFrame(PixelFormat format, int width, int height, int padding = 0, unsigned seed = 1)
      : info_(format_info(format)) {
    view_.format = format;
    view_.width = width;
    view_.height = height;
    std::mt19937 random(seed);
    for (int plane = 0; plane < info_.planes; ++plane) {
      view_.strides[plane] = row_bytes(info_, plane, width) + padding;
      planes_[plane].resize(view_.strides[plane] * plane_rows(info_, plane, height) - padding);
      for (auto& byte : planes_[plane]) byte = static_cast<std::uint8_t>(random());
      view_.planes[plane] = planes_[plane].data();
    }
  }
  TestFrame(const TestFrame&) = delete;

  const MutableFrameView& writable() const { return view_; }
  MutableFrameView& writable() { return view_; }
  FrameView view() const { return read_only(view_); }
  const FormatInfo& info() const { return info_; }
  std::vector<std::uint8_t>& plane(int index) { return planes_[index]; }

  Rect all() const { return {0, 0, view_.width, view_.height}; }

 private:
  FormatInfo info_;
  MutableFrameView view_;
  std::array<std::vector<std::uint8_t>, 3> planes_;
};

inline void PrintTo(PixelFormat format, std::ostream* out) {
  *out << format_info(format).name;
}

inline std::string format_name(const ::testing::TestParamInfo<PixelFormat>& info) {
  return format_info(info.param).name;
}

}  // namespace anomalyclip
