#include "image/preprocess.h"

#include <cstdlib>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <anomalyclip/error.h>

#include "frames.h"
#include "image/clip_statistics.h"
#include "image/pillow_resize.h"

namespace anomalyclip {
namespace {

std::string golden(const std::string& name) {
  return std::string(std::getenv("ANOMALYCLIP_GOLDEN_DIR")) + "/" + name;
}

cv::Mat golden_rgb(const std::string& name) {
  cv::Mat image = cv::imread(golden(name));
  EXPECT_FALSE(image.empty()) << name;
  cv::cvtColor(image, image, cv::COLOR_BGR2RGB);
  return image;
}

FrameView view_of(const cv::Mat& rgb) {
  FrameView view;
  view.format = PixelFormat::kRGB;
  view.width = rgb.cols;
  view.height = rgb.rows;
  view.planes[0] = rgb.data;
  view.strides[0] = static_cast<std::ptrdiff_t>(rgb.step);
  return view;
}

TEST(Preprocess, PixelsEqualPillows) {
  const cv::Mat image = golden_rgb("preprocess_333x211.png");
  for (const int size : {56, 224, 518}) {
    const cv::Mat expected = golden_rgb("preprocess_" + std::to_string(size) + ".png");
    cv::Mat found(size, size, CV_8UC3);
    preprocess_pixels(view_of(image), {0, 0, 333, 211}, size, found.data);
    EXPECT_EQ(cv::norm(found, expected, cv::NORM_INF), 0) << size;
  }
}

TEST(Preprocess, NormalisedValuesEqualTheReferences) {
  std::vector<float> expected(3 * 56 * 56), found(3 * 56 * 56);
  std::ifstream file(golden("preprocess_56.f32"), std::ios::binary);
  file.read(reinterpret_cast<char*>(expected.data()), expected.size() * sizeof(float));
  ASSERT_TRUE(file);
  const cv::Mat image = golden_rgb("preprocess_333x211.png");
  preprocess(view_of(image), {0, 0, 333, 211}, 56, found.data());
  for (std::size_t i = 0; i < found.size(); ++i) ASSERT_NEAR(found[i], expected[i], 1e-6) << i;
}

TEST(Preprocess, GreyEqualsTheSameGreyAsRgb) {
  const TestFrame grey(PixelFormat::kGRAY8, 61, 47, 5);
  TestFrame rgb(PixelFormat::kRGB, 61, 47);
  for (int y = 0; y < 47; ++y)
    for (int x = 0; x < 61; ++x)
      for (int c = 0; c < 3; ++c)
        rgb.plane(0)[(y * 61 + x) * 3 + c] = grey.view().planes[0][y * grey.view().strides[0] + x];
  std::vector<std::uint8_t> a(3 * 28 * 28), b(3 * 28 * 28);
  preprocess_pixels(grey.view(), grey.all(), 28, a.data());
  preprocess_pixels(rgb.view(), rgb.all(), 28, b.data());
  EXPECT_EQ(a, b);
  std::vector<float> c(3 * 28 * 28), d(3 * 28 * 28);
  preprocess(grey.view(), grey.all(), 28, c.data());
  preprocess(rgb.view(), rgb.all(), 28, d.data());
  EXPECT_EQ(c, d);
}

TEST(Preprocess, RegionEqualsCroppingFirst) {
  const cv::Mat image = golden_rgb("preprocess_333x211.png");
  const cv::Mat crop = image(cv::Rect(31, 17, 201, 99)).clone();
  std::vector<float> a(3 * 56 * 56), b(3 * 56 * 56);
  preprocess(view_of(image), {31, 17, 201, 99}, 56, a.data());
  preprocess(view_of(crop), {0, 0, 201, 99}, 56, b.data());
  EXPECT_EQ(a, b);
}

TEST(Preprocess, BandsMakeTheWhole) {
  for (const PixelFormat format : {PixelFormat::kI420, PixelFormat::kRGB, PixelFormat::kGRAY8}) {
    const TestFrame frame(format, 61, 47, 5);
    const Rect part{3, 5, 50, 31};
    std::vector<float> whole(3 * 40 * 56), bands(whole.size(), 99.f);
    preprocess(frame.view(), part, Size{40, 56}, whole.data());
    for (int first = 0; first < 56; first += 8)
      preprocess_rows(frame.view(), part, Size{40, 56}, first, first + 8, bands.data());
    EXPECT_EQ(bands, whole) << static_cast<int>(format);
  }
}

TEST(Preprocess, SamePictureInEveryRgbLayoutGivesTheSame) {
  const cv::Mat image = golden_rgb("preprocess_333x211.png");
  std::vector<std::uint8_t> expected(3 * 56 * 56), found(3 * 56 * 56);
  preprocess_pixels(view_of(image), {0, 0, 333, 211}, 56, expected.data());
  for (const PixelFormat format : kAllFormats) {
    TestFrame frame(format, 333, 211, 7);
    if (frame.info().storage != Storage::kPackedRgb) continue;
    for (int i = 0; i < 333 * 211; ++i)
      for (int c = 0; c < 3; ++c)
        frame.plane(0)[i / 333 * frame.view().strides[0] + i % 333 * frame.info().pixel_stride +
                       frame.info().offset[c]] = image.data[3 * i + c];
    preprocess_pixels(frame.view(), frame.all(), 56, found.data());
    EXPECT_EQ(found, expected) << frame.info().name;
  }
}

TEST(Preprocess, SizeBelowOneIsRefused) {
  const TestFrame frame(PixelFormat::kRGB, 8, 8);
  std::vector<float> out(3);
  EXPECT_THROW(preprocess(frame.view(), frame.all(), 0, out.data()), Error);
  EXPECT_THROW(preprocess(frame.view(), frame.all(), -5, out.data()), Error);
}

TEST(Preprocess, ToARectangleIsPillowsResize) {
  const cv::Mat image = golden_rgb("preprocess_333x211.png");
  std::vector<std::uint8_t> expected(3 * 40 * 20), found(3 * 40 * 20);
  pillow_resize(image.data, static_cast<std::ptrdiff_t>(image.step), 333, 211, 3, 40, 20,
                PillowFilter::kBicubic, expected.data());
  preprocess_pixels(view_of(image), {0, 0, 333, 211}, Size{40, 20}, found.data());
  EXPECT_EQ(found, expected);
}

TEST(Preprocess, ToARectangleKeepsChannelsApart) {
  const TestFrame frame(PixelFormat::kRGB, 30, 20);
  std::vector<float> planes(3 * 8 * 4);
  std::vector<std::uint8_t> pixels(3 * 8 * 4);
  preprocess(frame.view(), frame.all(), Size{8, 4}, planes.data());
  preprocess_pixels(frame.view(), frame.all(), Size{8, 4}, pixels.data());
  for (int c = 0; c < 3; ++c)
    for (int i = 0; i < 32; ++i)
      EXPECT_NEAR(planes[c * 32 + i],
                  (pixels[i * 3 + c] / 255.0 - kClipMean[c]) / kClipDeviation[c], 1e-5);
}

}  // namespace
}  // namespace anomalyclip
