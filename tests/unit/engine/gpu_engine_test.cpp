#include <algorithm>
#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include <anomalyclip/engine.h>
#include <anomalyclip/error.h>

#include "core/device.h"
#include "expect_error.h"
#include "pictures.h"
#include "tiny_model.h"

namespace anomalyclip {
namespace {

using testing::Picture;

class GpuEngine : public ::testing::Test {
 protected:
  std::shared_ptr<Engine> engine(const std::string& device) const {
    EngineConfig config;
    config.model = tiny.model();
    config.device = device;
    config.precision = Precision::kFP32;
    return Engine::acquire(config);
  }

  Recipe recipe() const {
    Recipe recipe;
    recipe.prompts = Prompts::load(tiny.prompts());
    return recipe;
  }

  const testing::TinyModel tiny;
};

TEST_F(GpuEngine, OneOnTheCpuTakesNoFrameInGpuMemory) {
  const auto on_cpu = engine("cpu");
  EXPECT_FALSE(on_cpu->model().takes_gpu_frames);
  const Picture picture(83, 61, 1);
  FrameView frame = picture.view();
  frame.memory = FrameMemory::kCuda;
  testing::expect_error(
      ErrorCode::kSettings, [&] { on_cpu->submit(frame, recipe()); }, "GPU memory", "cpu");
}

TEST_F(GpuEngine, OneOnAGpuFindsWhatOneOnTheCpuFinds) {
  if (!resolve_device("auto").is_cuda()) GTEST_SKIP() << "SKIPPED: no CUDA device on this machine";
  const auto on_cpu = engine("cpu"), on_gpu = engine("cuda");
  for (const int seed : {1, 2, 3}) {  // the first goes launch by launch, the others as a graph
    const Picture picture(83, 61, seed);
    const AnomalyResult expected = on_cpu->inspect(picture.view(), recipe());
    const AnomalyResult found = on_gpu->inspect(picture.view(), recipe());
    EXPECT_NEAR(found.score, expected.score, 1e-4);
    ASSERT_TRUE(found.map && expected.map);
    for (std::size_t i = 0; i < expected.map->values.size(); ++i)
      ASSERT_NEAR(found.map->values[i], expected.map->values[i], 1e-4) << i;
  }
}

TEST_F(GpuEngine, OneOnAGpuFindsTheSameRegionsWhetherTheMapIsWantedOrNot) {
  if (!resolve_device("auto").is_cuda()) GTEST_SKIP() << "SKIPPED: no CUDA device on this machine";
  const auto on_gpu = engine("cuda");
  const Picture picture(83, 61, 1);
  const AnomalyResult plain = on_gpu->inspect(picture.view(), recipe());
  const auto [least, most] =
      std::minmax_element(plain.map->values.begin(), plain.map->values.end());
  for (const double threshold : {(*least + *most) / 2.0, 1.1}) {
    Recipe full = recipe(), lean = recipe();
    full.pixel_threshold = lean.pixel_threshold = threshold;
    lean.want_map = false;
    const auto expected = on_gpu->inspect(picture.view(), full).regions;
    const auto found = on_gpu->inspect(picture.view(), lean).regions;
    EXPECT_EQ(expected.empty(), threshold > 1);
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) EXPECT_EQ(found[i].box, expected[i].box);
  }
}

}  // namespace
}  // namespace anomalyclip
