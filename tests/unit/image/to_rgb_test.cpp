#include "image/to_rgb.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "frames.h"

namespace anomalyclip {
namespace {

using Colour = std::array<double, 3>;

Colour yuv_to_rgb(const FrameView& frame, double y, double u, double v) {
  const double red = frame.matrix == ColorMatrix::kBT601   ? 0.299
                     : frame.matrix == ColorMatrix::kBT709 ? 0.2126
                                                           : 0.2627;
  const double blue = frame.matrix == ColorMatrix::kBT601   ? 0.114
                      : frame.matrix == ColorMatrix::kBT709 ? 0.0722
                                                            : 0.0593;
  const bool full = is_full_range(frame.format, frame.range);
  const double luma = full ? y : (y - 16) / 219 * 255;
  const double cb = (u - 128) * (full ? 1 : 255.0 / 224), cr = (v - 128) * (full ? 1 : 255.0 / 224);
  const double r = luma + 2 * (1 - red) * cr, b = luma + 2 * (1 - blue) * cb;
  return {r, (luma - red * r - blue * b) / (1 - red - blue), b};
}

/// What one pixel should be, from the layouts' definitions and in double precision.
Colour reference(const FrameView& f, int x, int y) {
  const auto at = [&](int plane, int row, int byte) -> double {
    return f.planes[plane][row * f.strides[plane] + byte];
  };
  switch (f.format) {
    case PixelFormat::kI420:
      return yuv_to_rgb(f, at(0, y, x), at(1, y / 2, x / 2), at(2, y / 2, x / 2));
    case PixelFormat::kNV12:
      return yuv_to_rgb(f, at(0, y, x), at(1, y / 2, x / 2 * 2), at(1, y / 2, x / 2 * 2 + 1));
    case PixelFormat::kYUY2:
      return yuv_to_rgb(f, at(0, y, 2 * x), at(0, y, x / 2 * 4 + 1), at(0, y, x / 2 * 4 + 3));
    case PixelFormat::kUYVY:
      return yuv_to_rgb(f, at(0, y, 2 * x + 1), at(0, y, x / 2 * 4), at(0, y, x / 2 * 4 + 2));
    case PixelFormat::kRGB:
      return {at(0, y, 3 * x), at(0, y, 3 * x + 1), at(0, y, 3 * x + 2)};
    case PixelFormat::kBGR:
      return {at(0, y, 3 * x + 2), at(0, y, 3 * x + 1), at(0, y, 3 * x)};
    case PixelFormat::kRGBx:
    case PixelFormat::kRGBA:
      return {at(0, y, 4 * x), at(0, y, 4 * x + 1), at(0, y, 4 * x + 2)};
    case PixelFormat::kBGRx:
    case PixelFormat::kBGRA:
      return {at(0, y, 4 * x + 2), at(0, y, 4 * x + 1), at(0, y, 4 * x)};
    case PixelFormat::kxRGB:
    case PixelFormat::kARGB:
      return {at(0, y, 4 * x + 1), at(0, y, 4 * x + 2), at(0, y, 4 * x + 3)};
    case PixelFormat::kxBGR:
    case PixelFormat::kABGR:
      return {at(0, y, 4 * x + 3), at(0, y, 4 * x + 2), at(0, y, 4 * x + 1)};
    case PixelFormat::kGRAY8:
      return {at(0, y, x), at(0, y, x), at(0, y, x)};
    case PixelFormat::kGRAY16_LE:
      return {at(0, y, 2 * x + 1), at(0, y, 2 * x + 1), at(0, y, 2 * x + 1)};
  }
  return {};
}

/// Largest distance of the frame's RGB from the reference, in steps of 1/255.
double largest_error(const FrameView& frame) {
  std::vector<std::uint8_t> rgb(3 * frame.width * frame.height);
  to_rgb(frame, {0, 0, frame.width, frame.height}, rgb.data());
  double worst = 0;
  for (int i = 0; i < frame.width * frame.height; ++i) {
    const Colour expected = reference(frame, i % frame.width, i / frame.width);
    for (int c = 0; c < 3; ++c)
      worst = std::max(worst, std::abs(rgb[3 * i + c] - std::clamp(expected[c], 0.0, 255.0)));
  }
  return worst;
}

class ToRgb : public ::testing::TestWithParam<PixelFormat> {
 protected:
  bool exact() const { return !format_info(GetParam()).is_yuv(); }
};

TEST_P(ToRgb, IsWithinOneStepOfTheReferenceAtAnySizeAndStride) {
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 7}, {7, 1}, {3, 5}, {641, 479}})
    for (const int padding : {0, 13}) {
      const TestFrame frame(GetParam(), width, height, padding);
      EXPECT_LE(largest_error(frame.view()), exact() ? 0 : 0.56) << width << "x" << height;
    }
}

TEST_P(ToRgb, RectangleEqualsThatPartOfTheWholeFrame) {
  const TestFrame frame(GetParam(), 37, 23, 3);
  std::vector<std::uint8_t> whole(3 * 37 * 23);
  to_rgb(frame.view(), frame.all(), whole.data());
  for (const Rect& roi :
       {Rect{0, 0, 1, 1}, Rect{5, 3, 21, 11}, Rect{6, 4, 7, 19}, Rect{36, 22, 1, 1}}) {
    std::vector<std::uint8_t> part(3 * roi.width * roi.height);
    to_rgb(frame.view(), roi, part.data());
    for (int y = 0; y < roi.height; ++y)
      EXPECT_TRUE(std::equal(&part[3 * y * roi.width], &part[3 * y * roi.width] + 3 * roi.width,
                             &whole[3 * ((roi.y + y) * 37 + roi.x)]));
  }
}

TEST_P(ToRgb, BottomUpFramesAreReadBottomUp) {
  TestFrame frame(GetParam(), 6, 4);
  const FrameView upright = frame.view();
  FrameView flipped = upright;
  for (int plane = 0; plane < frame.info().planes; ++plane) {
    const int rows = plane_rows(frame.info(), plane, 4);
    flipped.planes[plane] += (rows - 1) * upright.strides[plane];
    flipped.strides[plane] = -upright.strides[plane];
  }
  std::vector<std::uint8_t> a(3 * 6 * 4), b(3 * 6 * 4);
  to_rgb(upright, frame.all(), a.data());
  to_rgb(flipped, frame.all(), b.data());
  for (int y = 0; y < 4; ++y)
    EXPECT_TRUE(std::equal(&a[18 * y], &a[18 * y] + 18, &b[18 * (3 - y)]));
}

INSTANTIATE_TEST_SUITE_P(Formats, ToRgb, ::testing::ValuesIn(kAllFormats), format_name);

TEST(ToRgb, FollowsMatrixAndRange) {
  for (const PixelFormat format :
       {PixelFormat::kI420, PixelFormat::kNV12, PixelFormat::kYUY2, PixelFormat::kUYVY})
    for (const auto matrix : {ColorMatrix::kBT601, ColorMatrix::kBT709, ColorMatrix::kBT2020})
      for (const auto range : {ColorRange::kLimited, ColorRange::kFull}) {
        TestFrame frame(format, 64, 64);
        frame.writable().matrix = matrix;
        frame.writable().range = range;
        EXPECT_LE(largest_error(frame.view()), 0.56);
      }
}

TEST(ToRgb, LimitedGreyIsStretched) {
  TestFrame frame(PixelFormat::kGRAY8, 4, 1);
  frame.plane(0) = {0, 16, 235, 255};
  frame.writable().range = ColorRange::kLimited;
  std::vector<std::uint8_t> rgb(12);
  to_rgb(frame.view(), frame.all(), rgb.data());
  EXPECT_EQ(rgb, (std::vector<std::uint8_t>{0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255}));
}

TEST(ToRgb, BlackAndWhiteOfVideoAreBlackAndWhite) {
  TestFrame frame(PixelFormat::kI420, 2, 2);
  std::vector<std::uint8_t> rgb(12);
  for (const auto& [luma, expected] : {std::pair{16, 0}, {235, 255}}) {
    frame.plane(0).assign(4, static_cast<std::uint8_t>(luma));
    frame.plane(1) = frame.plane(2) = {128};
    to_rgb(frame.view(), frame.all(), rgb.data());
    EXPECT_EQ(rgb, std::vector<std::uint8_t>(12, static_cast<std::uint8_t>(expected)));
  }
}

}  // namespace
}  // namespace anomalyclip
