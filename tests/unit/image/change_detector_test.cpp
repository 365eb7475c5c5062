#include <anomalyclip/change.h>
#include <anomalyclip/error.h>

#include "frames.h"

namespace anomalyclip {
namespace {

/// Inverts every byte that is not a sample of the part, whose edges are even.
void invert_outside(TestFrame& frame, const Rect& part) {
  const FormatInfo& info = frame.info();
  for (int plane = 0; plane < info.planes; ++plane) {
    const int halves = plane > 0 ? 2 : 1;
    const std::ptrdiff_t stride = frame.view().strides[plane];
    const std::ptrdiff_t begin = row_bytes(info, plane, part.x);
    const std::ptrdiff_t end = row_bytes(info, plane, part.x + part.width);
    for (std::size_t i = 0; i < frame.plane(plane).size(); ++i) {
      const auto at = static_cast<std::ptrdiff_t>(i);
      const std::ptrdiff_t y = at / stride, x = at % stride;
      const bool inside =
          x >= begin && x < end && y >= part.y / halves && y < (part.y + part.height) / halves;
      if (!inside) frame.plane(plane)[i] ^= 0xff;
    }
  }
}

class ChangeInFormat : public ::testing::TestWithParam<PixelFormat> {};
INSTANTIATE_TEST_SUITE_P(All, ChangeInFormat, ::testing::ValuesIn(kAllFormats), format_name);

TEST_P(ChangeInFormat, OfEqualFramesIsNone) {
  const TestFrame frame(GetParam(), 37, 29, 5);
  ChangeDetector detector;
  detector.difference(frame.view(), frame.all());
  detector.remember();
  EXPECT_EQ(detector.difference(frame.view(), frame.all()), 0);
}

TEST_P(ChangeInFormat, OutsideThePartDoesNotCount) {
  TestFrame frame(GetParam(), 38, 30, 5);
  const Rect part{6, 8, 18, 14};
  ChangeDetector detector;
  detector.difference(frame.view(), part);
  detector.remember();
  invert_outside(frame, part);
  EXPECT_EQ(detector.difference(frame.view(), part), 0);
}

TEST_P(ChangeInFormat, InsideThePartCountsToItsLastPixel) {
  TestFrame frame(GetParam(), 38, 30, 5);
  for (int plane = 0; plane < frame.info().planes; ++plane)
    std::fill(frame.plane(plane).begin(), frame.plane(plane).end(), std::uint8_t{0});
  const Rect part{6, 8, 18, 14};
  ChangeDetector detector;
  detector.difference(frame.view(), part);
  detector.remember();
  invert_outside(frame, {part.x, part.y, part.width - 2, part.height - 2});
  EXPECT_GT(detector.difference(frame.view(), part), 0.1);
}

TEST(Change, WithoutAnEarlierFrameIsAsLargeAsCanBe) {
  const TestFrame frame(PixelFormat::kRGB, 16, 16);
  ChangeDetector detector;
  EXPECT_EQ(detector.difference(frame.view(), frame.all()), 1);
  EXPECT_EQ(detector.difference(frame.view(), frame.all()), 1);  // looked at, not remembered
  detector.remember();
  EXPECT_EQ(detector.difference(frame.view(), frame.all()), 0);
  detector.forget();
  EXPECT_EQ(detector.difference(frame.view(), frame.all()), 1);
}

TEST(Change, OfSizeFormatOrPartIsAsLargeAsCanBe) {
  const TestFrame frame(PixelFormat::kRGB, 16, 16), wider(PixelFormat::kRGB, 24, 16),
      other(PixelFormat::kBGR, 16, 16);
  ChangeDetector detector;
  detector.difference(frame.view(), {0, 0, 8, 8});
  detector.remember();
  EXPECT_EQ(detector.difference(frame.view(), {0, 0, 8, 9}), 1);
  EXPECT_EQ(detector.difference(frame.view(), {8, 0, 8, 8}), 1);
  EXPECT_EQ(detector.difference(wider.view(), {0, 0, 8, 8}), 1);
  EXPECT_EQ(detector.difference(other.view(), {0, 0, 8, 8}), 1);
  EXPECT_EQ(detector.difference(frame.view(), {0, 0, 8, 8}), 0);
}

TEST(Change, IsTheLargestDifferenceOfACellsMean) {
  TestFrame frame(PixelFormat::kGRAY8, 32, 24);
  std::fill(frame.plane(0).begin(), frame.plane(0).end(), std::uint8_t{0});
  ChangeDetector detector;
  detector.difference(frame.view(), frame.all());
  detector.remember();
  frame.plane(0)[11 * 32 + 13] = 255;  // one pixel of 64
  EXPECT_NEAR(detector.difference(frame.view(), frame.all()), 1.0 / 64, 1e-4);
  for (int x = 16; x < 24; ++x) frame.plane(0)[3 * 32 + x] = 255;  // a line through another cell
  EXPECT_NEAR(detector.difference(frame.view(), frame.all()), 1.0 / 8, 1e-4);
}

TEST(Change, IsMeasuredFromTheFrameThatWasRemembered) {
  TestFrame frame(PixelFormat::kGRAY8, 16, 16);
  ChangeDetector detector;
  const auto difference = [&](std::uint8_t value) {
    std::fill(frame.plane(0).begin(), frame.plane(0).end(), value);
    return detector.difference(frame.view(), frame.all());
  };
  difference(100);
  detector.remember();
  EXPECT_NEAR(difference(101), 1 / 255.0, 1e-4);
  EXPECT_NEAR(difference(102), 2 / 255.0, 1e-4);
}

TEST(Change, OfNoiseNearlyVanishes) {
  TestFrame first(PixelFormat::kGRAY8, 640, 480, 0, 1), second(PixelFormat::kGRAY8, 640, 480, 0, 2);
  for (TestFrame* frame : {&first, &second})
    for (auto& sample : frame->plane(0)) sample = static_cast<std::uint8_t>(100 + sample % 8);
  ChangeDetector detector;
  detector.difference(first.view(), first.all());
  detector.remember();
  EXPECT_LT(detector.difference(second.view(), second.all()), 0.01);  // 7 / 255 is 0.027
}

TEST(Change, OfAnImpossiblePartIsRefused) {
  const TestFrame frame(PixelFormat::kRGB, 16, 16);
  ChangeDetector detector;
  EXPECT_THROW(detector.difference(frame.view(), {10, 0, 8, 8}), Error);
}

}  // namespace
}  // namespace anomalyclip
