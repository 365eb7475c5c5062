#include "image/preprocess_element.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include <anomalyclip/error.h>

#include "core/cuda_launch.h"
#include "core/device.h"
#include "frames.h"
#include "image/clip_statistics.h"
#include "image/gpu_preprocess.h"
#include "image/preprocess.h"
#include "image/to_rgb.h"

namespace anomalyclip {
namespace {

/// Odd and even corners and sizes, shrunk, enlarged and neither.
struct Case {
  Rect part;
  Size size;
};
const Case kCases[] = {
    {{0, 0, 61, 47}, {28, 28}}, {{3, 5, 20, 31}, {20, 14}}, {{1, 0, 7, 46}, {56, 46}},
    {{60, 46, 1, 1}, {4, 3}},   {{2, 3, 59, 2}, {9, 40}},
};

/// What the kernels do, index by index, on the CPU.
std::vector<float> preprocessed_by_elements(const FrameView& frame, const Case& one) {
  const auto [part, size] = one;
  const ResizeAxis across =
      resize_axis(part.width, static_cast<int>(size.width), PillowFilter::kBicubic);
  const ResizeAxis down =
      resize_axis(part.height, static_cast<int>(size.height), PillowFilter::kBicubic);
  std::vector<std::uint8_t> packed(packed_bytes(frame, part)),
      between(3 * part.height * size.width);
  std::vector<float> out(3 * size.area());
  pack_part(frame, part, packed.data());
  PreprocessJob job{};
  job.frame = packed_layout(frame, part, packed.data());
  job.part = part;
  job.width = static_cast<int>(size.width);
  job.height = static_cast<int>(size.height);
  job.across = {across.windows.data(), across.weights.data()};
  job.down = {down.windows.data(), down.weights.data()};
  std::copy_n(kClipMean.begin(), 3, job.mean);
  std::copy_n(kClipDeviation.begin(), 3, job.deviation);
  job.between = between.data();
  job.out = out.data();
  for (std::int64_t i = 0; i < job.across_count(); ++i) resize_across(job, i);
  for (std::int64_t i = 0; i < job.down_count(); ++i) resize_down(job, i);
  return out;
}

std::vector<float> expected(const FrameView& frame, const Case& one) {
  std::vector<float> out(3 * one.size.area());
  preprocess(frame, one.part, one.size, out.data());
  return out;
}

/// Calls `check` with frames of every matrix and range.
template <typename Check>
void with_frames(PixelFormat format, Check&& check) {
  TestFrame frame(format, 61, 47, 5);
  for (const auto matrix : {ColorMatrix::kBT601, ColorMatrix::kBT709, ColorMatrix::kBT2020})
    for (const auto range : {ColorRange::kDefault, ColorRange::kLimited, ColorRange::kFull}) {
      frame.writable().matrix = matrix;
      frame.writable().range = range;
      check(frame.view());
    }
}

class EveryFormat : public ::testing::TestWithParam<PixelFormat> {};
INSTANTIATE_TEST_SUITE_P(AllFormats, EveryFormat, ::testing::ValuesIn(kAllFormats), format_name);

TEST_P(EveryFormat, APixelIsTheRowConvertersWhereTheFrameIs) {
  with_frames(GetParam(), [](const FrameView& frame) {
    std::vector<std::uint8_t> rows(3 * 61 * 47), pixels(3 * 61 * 47);
    to_rgb(frame, {0, 0, 61, 47}, rows.data());
    const SampleLayout layout = layout_of(frame);
    for (int i = 0; i < 61 * 47; ++i) rgb_at(layout, i % 61, i / 61, &pixels[3 * i]);
    EXPECT_EQ(pixels, rows);
  });
}

TEST_P(EveryFormat, ElementByElementEqualsPreprocessToTheLastBit) {
  with_frames(GetParam(), [](const FrameView& frame) {
    for (const Case& one : kCases)
      EXPECT_EQ(preprocessed_by_elements(frame, one), expected(frame, one))
          << one.part.x << "," << one.part.y << "," << one.part.width << "," << one.part.height;
  });
}

TEST(GpuPreprocessor, GivesTheSameBitsInEveryFormat) {
  if (!resolve_device("auto").is_cuda()) GTEST_SKIP() << "SKIPPED: no CUDA device on this machine";
  if (!has_cuda_kernels()) GTEST_SKIP() << "SKIPPED: this build has no CUDA kernels";
  GpuPreprocessor preprocessor(at::Device("cuda:0"));
  for (const PixelFormat format : kAllFormats)
    with_frames(format, [&](const FrameView& frame) {
      for (const Case& one : kCases) {
        const GpuImage image = preprocessor(frame, one.part, one.size);
        wait_for(image);
        const at::Tensor found = image.pixels.cpu();
        const auto* values = found.const_data_ptr<float>();
        EXPECT_EQ(std::vector<float>(values, values + found.numel()), expected(frame, one))
            << format_info(format).name;
      }
    });
}

TEST(PackedPart, NeedsNoMoreOfAFrameThanItsPart) {
  const TestFrame frame(PixelFormat::kNV12, 64, 48, 16);
  EXPECT_EQ(packed_bytes(frame.view(), {0, 0, 64, 48}), 64u * 48 * 3 / 2);
  EXPECT_EQ(packed_bytes(frame.view(), {8, 8, 16, 16}), 16u * 16 * 3 / 2);
  EXPECT_EQ(packed_bytes(frame.view(), {7, 7, 2, 2}), 2u * 2 + 2 * 2 * 2)
      << "an odd corner's chroma";
  EXPECT_THROW(packed_bytes(frame.view(), {60, 0, 8, 8}), Error);
}

TEST(StretchedGrey, EqualsTheRowConverters) {
  TestFrame frame(PixelFormat::kGRAY8, 256, 1);
  frame.writable().range = ColorRange::kLimited;
  for (int i = 0; i < 256; ++i) frame.plane(0)[i] = static_cast<std::uint8_t>(i);
  std::vector<std::uint8_t> rgb(3 * 256);
  to_rgb(frame.view(), frame.all(), rgb.data());
  for (int i = 0; i < 256; ++i)
    EXPECT_EQ(stretched_grey(static_cast<std::uint8_t>(i)), rgb[3 * i]) << i;
}

}  // namespace
}  // namespace anomalyclip
