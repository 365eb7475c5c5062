#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <gmock/gmock.h>
#include <iterator>
#include <string>
#include <unistd.h>

#include <gtest/gtest.h>
#include <opencv2/imgcodecs.hpp>

#include <anomalyclip/error.h>
#include <anomalyclip/map_file.h>

#include "frames.h"
#include "image/load_image.h"
#include "image/save_png.h"
#include "image/to_rgb.h"

namespace anomalyclip {
namespace {

using ::testing::HasSubstr;

std::string golden(const std::string& name) {
  return std::string(std::getenv("ANOMALYCLIP_GOLDEN_DIR")) + "/images/" + name;
}

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class ImageFile : public ::testing::Test {
 protected:
  ImageFile() { std::filesystem::create_directories(folder_); }
  ~ImageFile() override { std::filesystem::remove_all(folder_); }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("anomalyclip-image-" + std::to_string(::getpid()));
};

/// Expects an error of this code and returns what it says.
std::string error_of(ErrorCode code, const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return "";
}

class LoadImage : public ::testing::TestWithParam<const char*> {};

TEST_P(LoadImage, GivesPillowsPixels) {
  const Image image = load_image(golden(GetParam()));
  const cv::Mat expected =
      cv::imread(golden(std::string(GetParam()) + ".expected.png"), cv::IMREAD_UNCHANGED);
  ASSERT_FALSE(expected.empty());
  ASSERT_EQ(image.width, 27);
  ASSERT_EQ(image.height, 19);
  ASSERT_EQ(image.format, expected.channels() == 1 ? PixelFormat::kGRAY8 : PixelFormat::kRGB);
  const int channels = expected.channels();
  for (int y = 0; y < 19; ++y)
    for (int x = 0; x < 27; ++x)
      for (int c = 0; c < channels; ++c)
        ASSERT_EQ(image.pixels[(27 * y + x) * channels + c],
                  expected.ptr(y)[x * channels + channels - 1 - c])
            << x << "," << y;
}

INSTANTIATE_TEST_SUITE_P(Formats, LoadImage,
                         ::testing::Values("oriented.jpg", "grey.jpg", "rgb.png", "grey.png",
                                           "alpha.png", "palette.png", "one_bit.png", "rgb.bmp",
                                           "rgb.tiff", "rgb.webp", "grey16.png"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

TEST_F(ImageFile, AbsentFileIsNotFound) {
  EXPECT_THAT(error_of(ErrorCode::kNotFound, [&] { load_image(path("none.png")); }),
              HasSubstr("none.png"));
}

TEST_F(ImageFile, SomethingElseIsNotAnImage) {
  for (const std::string content : {"", "not an image at all"}) {
    std::ofstream(path("text.png")) << content;
    EXPECT_THAT(error_of(ErrorCode::kRead, [&] { load_image(path("text.png")); }),
                HasSubstr("not an image"));
  }
  error_of(ErrorCode::kRead, [&] { load_image(folder_.string()); });
}

TEST_F(ImageFile, CutFilesAreRefusedRatherThanHalfRead) {
  for (const std::string name : {"oriented.jpg", "rgb.png", "rgb.bmp", "rgb.tiff", "rgb.webp"}) {
    const std::string whole = read(golden(name));
    for (const double part : {0.3, 0.7, 0.95}) {
      std::ofstream(path(name), std::ios::binary)
          << whole.substr(0, static_cast<std::size_t>(part * whole.size()));
      EXPECT_THROW(load_image(path(name)), Error) << name << " " << part;
    }
  }
}

TEST_F(ImageFile, FloatImagesAreRefusedWithTheirType) {
  cv::imwrite(path("float.tiff"), cv::Mat1f(3, 3, 0.5f));
  EXPECT_THAT(error_of(ErrorCode::kRead, [&] { load_image(path("float.tiff")); }),
              HasSubstr("CV_32FC1"));
}

TEST_F(ImageFile, PngOfAnyFormatHoldsItsColours) {
  for (const PixelFormat format : kAllFormats) {
    const TestFrame frame(format, 13, 7, 3);
    save_png(path("frame.png"), frame.view());
    const Image loaded = load_image(path("frame.png"));
    const bool grey = frame.info().storage == Storage::kGrey;
    EXPECT_EQ(loaded.format, grey ? PixelFormat::kGRAY8 : PixelFormat::kRGB);
    EXPECT_EQ(to_rgb_image(loaded.view()).pixels, to_rgb_image(frame.view()).pixels)
        << frame.info().name;
  }
}

TEST_F(ImageFile, MapPngHoldsSixteenBits) {
  const std::vector<float> map = {0, 1, 0.5f, NAN, 2, -1};
  save_map_png(path("map.png"), map, 3, 2);
  const cv::Mat_<std::uint16_t> loaded = cv::imread(path("map.png"), cv::IMREAD_UNCHANGED);
  ASSERT_EQ(loaded.size(), cv::Size(3, 2));
  EXPECT_EQ(std::vector<std::uint16_t>(loaded.begin(), loaded.end()),
            (std::vector<std::uint16_t>{0, 65535, 32768, 0, 65535, 0}));
  EXPECT_THAT(error_of(ErrorCode::kSettings, [&] { save_map_png(path("map.png"), map, 2, 2); }),
              HasSubstr("found 6 for 2x2"));
}

TEST_F(ImageFile, NothingIsLeftWhereAPngCannotBeWritten) {
  const TestFrame frame(PixelFormat::kRGB, 4, 4);
  error_of(ErrorCode::kNotFound, [&] { save_png(path("no-folder/frame.png"), frame.view()); });
  FrameView broken = frame.view();
  broken.planes[0] = nullptr;
  error_of(ErrorCode::kSettings, [&] { save_png(path("frame.png"), broken); });
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

}  // namespace
}  // namespace anomalyclip
