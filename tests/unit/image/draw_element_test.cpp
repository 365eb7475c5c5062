// The kernels' drawing, and that it gives the CPU's bits.
#include <cmath>
#include <random>

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <gtest/gtest.h>

#include <anomalyclip/error.h>
#include <anomalyclip/gpu_draw.h>

#include "core/cuda_launch.h"
#include "core/device.h"
#include "frames.h"
#include "image/draw_plan.h"

namespace anomalyclip {
namespace {

constexpr int kMapWidth = 9, kMapHeight = 7;
constexpr float kStart = 0.45f;  // what the threshold of one half begins to tint at

/// All around the threshold, much of it just below where tints begin, and some that is no number.
std::vector<float> noisy_map() {
  std::mt19937 random(7);
  std::vector<float> map(kMapWidth * kMapHeight);
  for (float& value : map) {
    value = static_cast<float>(random() % 1000) / 999;
    if (random() % 3 == 0) value = std::nextafter(kStart, 0.0f);
    if (random() % 17 == 0) value = NAN;
  }
  return map;
}

/// One drawing: what draw_overlay() is given beside the frame.
struct Drawing {
  MapView map;
  std::vector<Region> regions;
  OverlayStyle style;
};

/// Maps that are enlarged, shrunk, cut and beside the frame, in every overlay; boxes; labels of all verdicts.
std::vector<Drawing> drawings(const std::vector<float>& map) {
  std::vector<Drawing> result;
  for (const Rect& covers : {Rect{0, 0, 61, 47}, Rect{3, 5, 40, 30}, Rect{-9, -7, 40, 31},
                             Rect{50, 31, 90, 70}, Rect{20, 20, 3, 3}, Rect{70, 0, 5, 5}})
    for (const auto overlay : {Overlay::kHeatmap, Overlay::kContours, Overlay::kBoth}) {
      OverlayStyle style;
      style.overlay = overlay;
      style.opacity = 0.7;
      result.push_back({{map, kMapWidth, kMapHeight, covers}, {}, style});
    }
  for (const auto verdict : {Verdict::kNormal, Verdict::kAnomalous, Verdict::kUnknown}) {
    OverlayStyle style;
    style.label = "0.25";
    style.verdict = verdict;
    result.push_back({{map, kMapWidth, kMapHeight, {0, 0, 61, 47}}, {}, style});
  }
  std::vector<Region> boxes;
  for (const Rect& box : {Rect{5, 5, 20, 16}, Rect{10, 3, 9, 30}, Rect{-4, 40, 30, 30},
                          Rect{55, 10, 1, 1}, Rect{61, 20, 5, 5}, Rect{30, 30, 0, 4}})
    boxes.push_back({box, 0, 0});
  result.push_back({{}, boxes, {}});
  return result;
}

/// Of frames: an odd one, and one whose outlines are more than a pixel thick.
std::vector<std::pair<int, int>> sizes() {
  return {{61, 47}, {482, 480}};
}

void run_by_elements(const DrawPlan::Jobs& jobs) {
  const auto run = [](const auto& job) {
    for (std::int64_t i = 0; job && i < job->count(); ++i) draw_group(*job, i);
  };
  run(jobs.map);
  run(jobs.boxes);
  run(jobs.label);
}

void draw_by_elements(const MutableFrameView& frame, const Drawing& drawing) {
  const DrawPlan plan(frame, drawing.map, drawing.regions, drawing.style);
  std::vector<std::uint8_t> block(plan.bytes());
  plan.write(block.data());
  run_by_elements(plan.jobs(block.data()));
}

/// Calls `draw` with a frame and a drawing of each kind, and expects what draw_overlay() gives.
template <typename Draw>
void expect_the_cpus_bits(PixelFormat format, Draw&& draw) {
  const std::vector<float> map = noisy_map();
  for (const auto& [width, height] : sizes())
    for (const Drawing& drawing : drawings(map)) {
      TestFrame expected(format, width, height, 5), found(format, width, height, 5);
      draw_overlay(expected.writable(), drawing.map, drawing.regions, drawing.style);
      draw(found, drawing);
      for (int plane = 0; plane < found.info().planes; ++plane)
        ASSERT_EQ(found.plane(plane), expected.plane(plane))
            << "plane " << plane << ", map over " << drawing.map.covers.x << ","
            << drawing.map.covers.y << ", overlay " << static_cast<int>(drawing.style.overlay);
    }
}

class DrawElement : public ::testing::TestWithParam<PixelFormat> {};
INSTANTIATE_TEST_SUITE_P(AllFormats, DrawElement, ::testing::ValuesIn(kAllFormats), format_name);

TEST_P(DrawElement, GroupByGroupEqualsDrawOverlayToTheLastBit) {
  expect_the_cpus_bits(GetParam(), [](TestFrame& frame, const Drawing& drawing) {
    draw_by_elements(frame.writable(), drawing);
  });
}

TEST(DrawPlan, SendsNothingWhereNothingIsToBeSeen) {
  const TestFrame frame(PixelFormat::kNV12, 64, 48);
  const std::vector<float> clean(16, 0.449f);
  OverlayStyle style;
  EXPECT_EQ(DrawPlan(frame.writable(), {clean, 4, 4, frame.all()}, {}, style).bytes(), 0u);
  EXPECT_EQ(DrawPlan(frame.writable(), {}, {}, style).bytes(), 0u);
}

TEST(DrawPlan, LooksAtTheCoveredPartOfTheFrameAlone) {
  const TestFrame frame(PixelFormat::kRGB, 64, 48);
  const std::vector<float> map(16, 1);
  const DrawPlan plan(frame.writable(), {map, 4, 4, {8, 8, 10, 12}}, {}, {});
  std::vector<std::uint8_t> block(plan.bytes());
  EXPECT_EQ(plan.jobs(block.data()).map->count(), 10 * 12);
}

TEST(DrawPlan, RefusesAMapOfAnotherSizeThanItSays) {
  const TestFrame frame(PixelFormat::kRGB, 4, 4);
  const std::vector<float> map(5, 1);
  EXPECT_THROW(DrawPlan(frame.writable(), {map, 2, 2, frame.all()}, {}, {}), Error);
}

TEST(GpuOverlay, RefusesTheCpuByName) {
  EXPECT_THROW(GpuOverlay("cpu"), Error);
}

/// A frame's planes on the GPU, and back.
class FrameOnGpu {
 public:
  explicit FrameOnGpu(TestFrame& frame) : frame_(frame), view_(frame.writable()) {
    for (int plane = 0; plane < frame.info().planes; ++plane) {
      planes_.push_back(host(plane).to(at::Device("cuda:0")));
      view_.planes[plane] = planes_.back().mutable_data_ptr<std::uint8_t>();
    }
  }
  const MutableFrameView& view() const { return view_; }
  void fetch() {
    for (std::size_t plane = 0; plane < planes_.size(); ++plane)
      host(static_cast<int>(plane)).copy_(planes_[plane]);
  }

 private:
  at::Tensor host(int plane) {
    auto& bytes = frame_.plane(plane);
    return at::from_blob(bytes.data(), {static_cast<std::int64_t>(bytes.size())}, at::kByte);
  }
  TestFrame& frame_;
  MutableFrameView view_;
  std::vector<at::Tensor> planes_;
};

TEST(GpuOverlay, DrawsTheCpusBitsInEveryFormat) {
  if (!resolve_device("auto").is_cuda()) GTEST_SKIP() << "SKIPPED: no CUDA device on this machine";
  if (!has_cuda_kernels()) GTEST_SKIP() << "SKIPPED: this build has no CUDA kernels";
  GpuOverlay overlay("cuda:0");
  for (const PixelFormat format : kAllFormats)
    expect_the_cpus_bits(format, [&](TestFrame& frame, const Drawing& drawing) {
      FrameOnGpu there(frame);
      overlay.draw(there.view(), drawing.map, drawing.regions, drawing.style);
      there.fetch();
    });
}

}  // namespace
}  // namespace anomalyclip
