#include "image/pixel_format.h"

#include <functional>
#include <gmock/gmock.h>
#include <string>

#include <anomalyclip/error.h>

#include "frames.h"

namespace anomalyclip {
namespace {

using ::testing::HasSubstr;

std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kSettings);
    return error.what();
  }
  return "";
}

TEST(PixelFormat, OddSizesKeepTheLastChromaSample) {
  const FormatInfo& i420 = format_info(PixelFormat::kI420);
  EXPECT_EQ(row_bytes(i420, 1, 5), 3);
  EXPECT_EQ(plane_rows(i420, 1, 5), 3);
  EXPECT_EQ(row_bytes(format_info(PixelFormat::kNV12), 1, 5), 6);
  EXPECT_EQ(row_bytes(format_info(PixelFormat::kYUY2), 0, 5), 12);
}

TEST(PixelFormat, AbsentPlaneIsRefusedByNumber) {
  TestFrame frame(PixelFormat::kI420, 4, 4);
  FrameView view = frame.view();
  view.planes[2] = nullptr;
  EXPECT_THAT(refusal([&] { validate(view); }),
              HasSubstr("format I420: expected 3 planes, and plane 2 is null"));
}

TEST(PixelFormat, StrideThatHoldsNoRowIsRefusedWithBothNumbers) {
  TestFrame frame(PixelFormat::kRGB, 4, 4);
  FrameView view = frame.view();
  view.strides[0] = 11;
  EXPECT_THAT(refusal([&] { validate(view); }),
              HasSubstr("a row of plane 0 takes 12 bytes, and the stride is 11"));
  view.strides[0] = -12;
  EXPECT_EQ(refusal([&] { validate(view); }), "") << "bottom-up";
}

TEST(PixelFormat, EmptyFrameIsRefused) {
  FrameView view = TestFrame(PixelFormat::kRGB, 4, 4).view();
  view.height = 0;
  EXPECT_THAT(refusal([&] { validate(view); }), HasSubstr("4x0 pixels"));
}

TEST(PixelFormat, NumberOutsideTheEnumerationIsRefused) {
  EXPECT_THAT(refusal([] { format_info(static_cast<PixelFormat>(99)); }), HasSubstr("number 99"));
}

TEST(PixelFormat, RegionOutsideTheFrameIsRefused) {
  TestFrame frame(PixelFormat::kRGB, 4, 4);
  for (const Rect& roi :
       {Rect{1, 0, 4, 4}, Rect{0, -1, 2, 2}, Rect{0, 0, 0, 1}, Rect{3, 3, 1, 2147483647}})
    EXPECT_THAT(refusal([&] { validate(frame.view(), roi); }), HasSubstr("inside the frame"));
  EXPECT_EQ(refusal([&] { validate(frame.view(), {3, 3, 1, 1}); }), "");
}

TEST(PixelFormat, DefaultRangeIsLimitedForVideoAndFullForGrey) {
  EXPECT_FALSE(is_full_range(PixelFormat::kI420, ColorRange::kDefault));
  EXPECT_TRUE(is_full_range(PixelFormat::kGRAY8, ColorRange::kDefault));
  EXPECT_FALSE(is_full_range(PixelFormat::kGRAY8, ColorRange::kLimited));
  EXPECT_TRUE(is_full_range(PixelFormat::kRGB, ColorRange::kLimited));
}

}  // namespace
}  // namespace anomalyclip
