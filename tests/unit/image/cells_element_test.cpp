#include "image/cells_element.h"

#include <string>
#include <vector>

#include <ATen/ops/from_blob.h>

#include <gtest/gtest.h>

#include <anomalyclip/change.h>
#include <anomalyclip/error.h>

#include "core/cuda_launch.h"
#include "core/device.h"
#include "frames.h"
#include "image/cell_means.h"
#include "image/gpu_cell_means.h"

namespace anomalyclip {
namespace {

/// Odd and even corners and sizes, below a cell, a cell, and more than some cells.
const Rect kParts[] = {{0, 0, 61, 47}, {3, 5, 20, 31}, {1, 0, 7, 46},  {60, 46, 1, 1},
                       {2, 3, 59, 2},  {8, 8, 8, 8},   {5, 1, 15, 15}, {0, 0, 32, 16}};

std::vector<std::uint16_t> expected(const FrameView& frame, const Rect& part) {
  std::vector<std::uint16_t> means;
  cell_means(frame, part, means);
  return means;
}

/// What the kernel does, index by index, on the CPU; the last cell first.
std::vector<std::uint16_t> means_by_elements(const FrameView& frame, const Rect& part) {
  CellsJob job = cells_job(frame, part);
  std::vector<std::uint16_t> means(static_cast<std::size_t>(job.cells()), 0xffff);
  job.means = means.data();
  for (std::int64_t i = job.cells(); i-- > 0;) write_cell(job, i);
  return means;
}

std::string to_string(const Rect& part) {
  return std::to_string(part.x) + "," + std::to_string(part.y) + "," + std::to_string(part.width) +
         "," + std::to_string(part.height);
}

class CellsOfFormat : public ::testing::TestWithParam<PixelFormat> {};
INSTANTIATE_TEST_SUITE_P(All, CellsOfFormat, ::testing::ValuesIn(kAllFormats), format_name);

TEST_P(CellsOfFormat, OneByOneHaveTheMeansOfWholeRows) {
  const TestFrame frame(GetParam(), 61, 47, 5);
  for (const Rect& part : kParts)
    EXPECT_EQ(means_by_elements(frame.view(), part), expected(frame.view(), part))
        << to_string(part);
}

TEST_P(CellsOfFormat, OfAWhiteFrameHaveTheLargestMean) {
  TestFrame frame(GetParam(), 37, 29);
  for (int plane = 0; plane < frame.info().planes; ++plane)
    std::fill(frame.plane(plane).begin(), frame.plane(plane).end(), std::uint8_t{255});
  for (const std::uint16_t mean : means_by_elements(frame.view(), frame.all()))
    EXPECT_EQ(mean, 255 * kMeanOfOne);
}

TEST(Cells, OfAFrameStoredBottomUpHaveTheSameMeans) {
  const TestFrame frame(PixelFormat::kRGB, 40, 30, 4);
  FrameView flipped = frame.view();
  flipped.planes[0] += 29 * flipped.strides[0];
  flipped.strides[0] *= -1;
  EXPECT_EQ(means_by_elements(flipped, {3, 1, 30, 20}), expected(flipped, {3, 1, 30, 20}));
}

TEST(Change, OfAFrameInGpuMemoryIsRefusedWithoutAGpuToUse) {
  const TestFrame frame(PixelFormat::kNV12, 16, 16);
  FrameView view = frame.view();
  view.memory = FrameMemory::kCuda;
  ChangeDetector detector;
  try {
    detector.difference(view, frame.all());
    FAIL() << "expected an error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kSettings);
    EXPECT_NE(std::string(error.what()).find("use_gpu()"), std::string::npos) << error.what();
  }
}

TEST(Change, TakesNoGpuThatIsNone) {
  ChangeDetector detector;
  EXPECT_THROW(detector.use_gpu("cpu"), Error);
}

/// A frame's planes in the memory of a GPU.
class GpuFrame {
 public:
  explicit GpuFrame(TestFrame& frame) : view_(frame.view()) {
    view_.memory = FrameMemory::kCuda;
    for (int plane = 0; plane < frame.info().planes; ++plane) {
      std::vector<std::uint8_t>& bytes = frame.plane(plane);
      planes_[plane] =
          at::from_blob(bytes.data(), {static_cast<std::int64_t>(bytes.size())}, at::kByte)
              .to(at::kCUDA);
      view_.planes[plane] = planes_[plane].const_data_ptr<std::uint8_t>();
    }
  }
  const FrameView& view() const { return view_; }

 private:
  at::Tensor planes_[3];
  FrameView view_;
};

TEST(GpuCellMeans, AreTheCpusInEveryFormat) {
  if (!resolve_device("auto").is_cuda()) GTEST_SKIP() << "SKIPPED: no CUDA device on this machine";
  if (!has_cuda_kernels()) GTEST_SKIP() << "SKIPPED: this build has no CUDA kernels";
  const GpuCellMeans gpu_means("cuda:0");
  for (const PixelFormat format : kAllFormats) {
    TestFrame frame(format, 61, 47, 5);
    const GpuFrame there(frame);
    for (const Rect& part : kParts) {
      std::vector<std::uint16_t> means;
      gpu_means(there.view(), part, means);
      EXPECT_EQ(means, expected(frame.view(), part))
          << format_info(format).name << " " << to_string(part);
    }
  }
}

}  // namespace
}  // namespace anomalyclip
