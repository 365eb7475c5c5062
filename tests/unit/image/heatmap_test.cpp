#include "image/heatmap.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace anomalyclip {
namespace {

TEST(HeatmapScale, LeavesNoTraceBelowNineTenthsOfTheThreshold) {
  const HeatmapScale scale(0.4);
  EXPECT_EQ(scale.level(0.0f), 0);
  EXPECT_EQ(scale.level(0.3599f), 0);
  EXPECT_GT(scale.level(0.361f), 0);
  EXPECT_EQ(HeatmapScale::opacity(0), 0);
}

TEST(HeatmapScale, ReachesFullOpacityAndTheMiddleColourExactlyAtTheThreshold) {
  for (const double threshold : {1e-3, 0.1, 0.4, 0.5, 0.77, 0.999}) {
    const HeatmapScale scale(threshold);
    auto at = static_cast<float>(threshold);
    if (at < threshold) at = std::nextafter(at, 2.0f);
    EXPECT_EQ(scale.level(at), HeatmapScale::kAtThreshold) << threshold;
    EXPECT_LT(scale.level(std::nextafter(at, 0.0f)), HeatmapScale::kAtThreshold) << threshold;
  }
  EXPECT_EQ(HeatmapScale::opacity(HeatmapScale::kAtThreshold), 1);
  EXPECT_EQ(HeatmapScale::colour(HeatmapScale::kAtThreshold), 128);
}

TEST(HeatmapScale, IsHottestAtTwiceTheThresholdOrAtOne) {
  EXPECT_EQ(HeatmapScale(0.3).level(0.6f), 255);
  EXPECT_LT(HeatmapScale(0.3).level(0.59f), 255);
  EXPECT_EQ(HeatmapScale(0.8).level(1.0f), 255);
  EXPECT_EQ(HeatmapScale(0.3).level(1.0f), 255);
  EXPECT_EQ(HeatmapScale::colour(255), 255);
}

TEST(HeatmapScale, NeverGetsColderWithTheValue) {
  for (const double threshold : {0.02, 0.5, 0.95}) {
    const HeatmapScale scale(threshold);
    for (int i = 1; i <= 10000; ++i)
      ASSERT_GE(scale.level(i / 10000.0f), scale.level((i - 1) / 10000.0f));
  }
}

TEST(HeatmapScale, StrangeThresholdsAndValuesAreHarmless) {
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(HeatmapScale(0.5).level(NAN), 0);
  EXPECT_EQ(HeatmapScale(0.5).level(infinity), 255);
  EXPECT_EQ(HeatmapScale(0).level(0.5f), 255);
  EXPECT_EQ(HeatmapScale(-1).level(0.5f), 255);
  EXPECT_EQ(HeatmapScale(1).level(1.0f), HeatmapScale::kAtThreshold);
  EXPECT_EQ(HeatmapScale(2).level(1.0f), 0);
  EXPECT_EQ(HeatmapScale(NAN).level(1.0f), 0);
}

TEST(Colormap, RunsFromColdToHot) {
  for (const auto colormap : {Colormap::kTurbo, Colormap::kJet}) {
    EXPECT_GT(colormap_table(colormap)[40][2], colormap_table(colormap)[40][0]) << "blue at first";
    EXPECT_GT(colormap_table(colormap)[240][0], colormap_table(colormap)[240][2]) << "red at last";
  }
  EXPECT_EQ(colormap_table(Colormap::kViridis)[0], (Rgb{68, 1, 84}));
  EXPECT_EQ(colormap_table(Colormap::kInferno)[0], (Rgb{0, 0, 4}));
}

}  // namespace
}  // namespace anomalyclip
