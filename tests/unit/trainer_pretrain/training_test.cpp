#include "pretrain/training.h"

#include <ATen/ops/equal.h>

#include <gtest/gtest.h>

#include "expect_error.h"
#include "temporary_folder.h"
#include "tiny_shape.h"

namespace anomalyclip::pretrain {
namespace {

TrainingSettings tiny() {
  TrainingSettings settings;
  settings.shape = tiny_shape();
  settings.cycles = {{10, 1.f, 2, 0.f, {{0.8f, 24, 4}}}, {12, 0.5f, 1, 0.5f, {{1.f, 48, 2}}}};
  settings.seed = 3;
  return settings;
}

void expect_equal(const Tensors& a, const Tensors& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a) EXPECT_TRUE(at::equal(tensor, b.at(name))) << name;
}

TEST(Training, GoesOnFromACheckpointBitForBit) {
  const testing::TemporaryFolder folder;
  Training straight(tiny()), first(tiny()), second(tiny());
  for (int i = 0; i < 4; ++i) straight.step();  // the last two of full size
  for (int i = 0; i < 2; ++i) first.step();
  first.save(folder.file("checkpoint"));
  second.resume(folder.file("checkpoint"));
  for (int i = 0; i < 2; ++i) second.step();
  expect_equal(straight.weights(), second.weights());
  expect_equal(straight.result(), second.result());
}

TEST(Training, QuicklyShowsAFifthOfThePicturesAndSmallerOnes) {
  TrainingSettings whole, quick;
  quick.quicken();
  EXPECT_LT(Training(quick).total() * 4, Training(whole).total());
  EXPECT_LT(quick.cycles.back().stages.back().size, whole.cycles.back().stages.back().size);
  EXPECT_FALSE(quick.lines);
}

TEST(Training, EndsAfterTheImagesItWasAskedFor) {
  Training training(tiny());
  std::int64_t steps = 0;
  while (!training.done()) {
    const Progress progress = training.step();
    EXPECT_FALSE(progress.skipped);
    ++steps;
  }
  EXPECT_EQ(training.images(), 20);
  EXPECT_EQ(steps, 2 + 6);  // two batches of 4 small windows, then batches of 2
}

TEST(Training, DependsOnTheSeed) {
  TrainingSettings other = tiny();
  other.seed = 4;
  Training one(tiny()), two(other);
  EXPECT_FALSE(at::equal(one.weights().at("visual.proj"), two.weights().at("visual.proj")));
}

TEST(Training, RefusesACheckpointOfOtherSettings) {
  const testing::TemporaryFolder folder;
  Training(tiny()).save(folder.file("checkpoint"));
  TrainingSettings other = tiny();
  other.cycles[0].images = 40;
  Training training(other);
  testing::expect_error(
      ErrorCode::kMismatch, [&] { training.resume(folder.file("checkpoint")); }, "other settings");
}

}  // namespace
}  // namespace anomalyclip::pretrain
