#include "metrics/resampled_pixels.h"

#include <cmath>

#include <gtest/gtest.h>

#include "metrics/bootstrap.h"
#include "sweep.h"

namespace anomalyclip::metrics {
namespace {

using testing::made_up_maps;
using testing::Maps;
using Weights = std::vector<std::uint32_t>;

ResampledPixels resampled(const Maps& maps) {
  ResampledPixels pixels;
  for (std::size_t i = 0; i < maps.maps.size(); ++i)
    pixels.add(maps.maps[i], maps.masks[i], maps.width, maps.height);
  pixels.sort();
  return pixels;
}

/// Of every pixel of the images, each as many times as it weighs.
PixelMetrics direct(const Maps& maps, const Weights& weights) {
  PixelPool pool;
  for (std::size_t i = 0; i < maps.maps.size(); ++i)
    for (std::uint32_t time = 0; time < weights[i]; ++time)
      pool.add(maps.maps[i], maps.masks[i], maps.width, maps.height);
  pool.sort();
  return pixel_metrics(pool);
}

void expect_near(const PixelMetrics& found, const PixelMetrics& expected, double tolerance) {
  EXPECT_NEAR(found.auroc, expected.auroc, tolerance);
  EXPECT_NEAR(found.ap, expected.ap, tolerance);
  EXPECT_NEAR(found.f1_max, expected.f1_max, tolerance);
  EXPECT_NEAR(found.aupro, expected.aupro, tolerance);
  EXPECT_NEAR(found.aupro_bergmann, expected.aupro_bergmann, tolerance);
  EXPECT_NEAR(found.aupimo, expected.aupimo, tolerance);
}

// Every fourth image is good.
const std::vector<Weights> kDraws = {
    {1, 1, 1, 1, 1, 1, 1, 1, 1}, {2, 0, 3, 1, 0, 0, 1, 0, 2}, {0, 1, 0, 0, 1, 0, 0, 5, 2}};

TEST(ResampledPixels, OfSmallMapsGiveTheMetricsOfTheRepeatedImages) {
  const Maps maps = made_up_maps(9, 32, 5);
  const ResampledPixels pixels = resampled(maps);
  for (const Weights& weights : kDraws)
    expect_near(pixels.metrics(weights), direct(maps, weights), 1e-12);
}

TEST(ResampledPixels, EqualScoresAreOneThresholdInWhateverImagesTheyAre) {
  Maps maps = made_up_maps(9, 32, 6);
  for (auto& map : maps.maps)
    for (float& score : map) score = std::round(score * 20) / 20;
  const ResampledPixels pixels = resampled(maps);
  for (const Weights& weights : kDraws)
    expect_near(pixels.metrics(weights), direct(maps, weights), 1e-12);
}

TEST(ResampledPixels, OfLargerMapsAreNearThoseOfAllPixels) {
  const Maps maps = made_up_maps(9, 160, 7);
  const ResampledPixels pixels = resampled(maps);
  for (const Weights& weights : kDraws)
    expect_near(pixels.metrics(weights), direct(maps, weights), 1.0 / 2048);
}

TEST(ResampledPixels, TheSeedDecidesTheDraws) {
  const ResampledPixels pixels = resampled(made_up_maps(9, 32, 5));
  const auto aurocs = [&](std::uint64_t seed) {
    std::vector<double> values;
    for (const PixelMetrics& draw : pixels.draw(20, seed)) values.push_back(draw.auroc);
    return values;
  };
  EXPECT_EQ(aurocs(1), aurocs(1));
  EXPECT_NE(aurocs(1), aurocs(2));
}

TEST(ResampledPixels, DrawsAreOfImagesNotOfPixels) {
  // Two images with damage, found in one and missed in the other: a draw has both of them, or one of them twice.
  const Maps maps{2, 2, {{0, 0, 0, 1}, {1, 1, 1, 0}}, {{0, 0, 0, 1}, {0, 0, 0, 1}}};
  int both = 0, found = 0, missed = 0;
  for (const PixelMetrics& draw : resampled(maps).draw(400, 3)) {
    both += draw.auroc == 0.5;
    found += draw.auroc == 1;
    missed += draw.auroc == 0;
  }
  EXPECT_EQ(both + found + missed, 400);
  EXPECT_NEAR(both, 200, 50);
  EXPECT_NEAR(found, 100, 45);
}

TEST(ResampledPixels, ADrawHasDamageAndAGoodImageWhereThereIsOne) {
  const Maps maps{2, 1, {{0, 1}, {0, 1}, {0.5, 0.5}}, {{0, 1}, {0, 1}, {0, 0}}};
  for (const PixelMetrics& draw : resampled(maps).draw(100, 4)) {
    EXPECT_FALSE(std::isnan(draw.auroc));
    EXPECT_FALSE(std::isnan(draw.aupimo));
  }
  const Maps without_good{2, 1, {{0, 1}, {0, 1}}, {{0, 1}, {0, 1}}};
  const PixelIntervals found = pixel_intervals(resampled(without_good).draw(100, 4));
  EXPECT_EQ(found.auroc.low, 1);
  EXPECT_TRUE(std::isnan(found.aupimo.low));
  EXPECT_TRUE(resampled(Maps{2, 1, {{0, 1}}, {{0, 0}}}).draw(10, 4).empty());
  EXPECT_TRUE(ResampledPixels().draw(10, 4).empty());
}

TEST(PixelIntervals, EncloseTheMetricAndNarrowWithMoreImages) {
  const Maps few_maps = made_up_maps(8, 32, 8), many_maps = made_up_maps(80, 32, 8);
  const PixelIntervals few = pixel_intervals(resampled(few_maps).draw(200, 1)),
                       many = pixel_intervals(resampled(many_maps).draw(200, 1));
  const PixelMetrics metrics = direct(many_maps, Weights(80, 1));
  EXPECT_LT(many.aupro_bergmann.low, metrics.aupro_bergmann);
  EXPECT_GT(many.aupro_bergmann.high, metrics.aupro_bergmann);
  EXPECT_LT(many.auroc.high - many.auroc.low, (few.auroc.high - few.auroc.low) / 2);
}

TEST(PixelIntervals, OfAMeanAreOfTheClassesThatHaveTheNumber) {
  const PixelMetrics low{0.2, 0, 0, 0, 0, NAN}, high{0.6, 0, 0, 0, 0, 0.3};
  const std::vector<PixelMetrics> means = mean_of_draws({{low, high}, {high, high}, {}});
  ASSERT_EQ(means.size(), 2u);
  EXPECT_NEAR(means[0].auroc, 0.4, 1e-12);
  EXPECT_NEAR(means[0].aupimo, 0.3, 1e-12);
  EXPECT_NEAR(means[1].auroc, 0.6, 1e-12);
}

}  // namespace
}  // namespace anomalyclip::metrics
