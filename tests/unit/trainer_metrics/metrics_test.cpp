#include <algorithm>
#include <cmath>
#include <fstream>

#include <ATen/core/Tensor.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "expect_error.h"
#include "golden.h"
#include "metrics/bootstrap.h"
#include "metrics/image_metrics.h"
#include "metrics/pixel_metrics.h"
#include "metrics/pro_curve.h"
#include "sweep.h"

namespace anomalyclip::metrics {
namespace {

using anomalyclip::testing::Golden;
using anomalyclip::testing::golden_path;
using nlohmann::json;

json golden_numbers() {
  std::ifstream stream(golden_path("metrics.json"));
  return json::parse(stream);
}

/// [image, height, width] of the golden file.
PixelPool pool_of(const at::Tensor& maps, const at::Tensor& masks) {
  PixelPool pool(static_cast<std::size_t>(maps.numel()));
  const int height = static_cast<int>(maps.size(1)), width = static_cast<int>(maps.size(2));
  const auto pixels = static_cast<std::size_t>(height * width);
  for (std::size_t i = 0; i < static_cast<std::size_t>(maps.size(0)); ++i) {
    const float* mask = masks.const_data_ptr<float>() + i * pixels;
    const std::vector<std::uint8_t> damage(mask, mask + pixels);
    pool.add({maps.const_data_ptr<float>() + i * pixels, pixels}, damage, width, height);
  }
  pool.sort();
  return pool;
}

PixelPool pool_of(const testing::Maps& maps) {
  PixelPool pool;
  for (std::size_t i = 0; i < maps.maps.size(); ++i)
    pool.add(maps.maps[i], maps.masks[i], maps.width, maps.height);
  pool.sort();
  return pool;
}

class GoldenMaps : public ::testing::TestWithParam<const char*> {};

TEST_P(GoldenMaps, PixelMetricsEqualTheReferences) {
  const Golden golden("metrics.safetensors");
  const json expected = golden_numbers()[GetParam()];
  const PixelMetrics found = pixel_metrics(pool_of(golden[GetParam()], golden["mask"]));
  EXPECT_NEAR(found.auroc, expected["pixel_auroc"], 1e-6);
  EXPECT_NEAR(found.ap, expected["pixel_ap"], 1e-6);
  EXPECT_NEAR(found.f1_max, expected["pixel_f1_max"], 1e-6);
  EXPECT_NEAR(found.aupro, expected["aupro"], 1e-6);
}

INSTANTIATE_TEST_SUITE_P(WithAndWithoutTies, GoldenMaps,
                         ::testing::Values("maps", "maps_with_ties"));

TEST(ImageMetrics, EqualTheReferences) {
  const json expected = golden_numbers();
  const LabelledScores images{expected["score"], expected["label"]};
  const ImageMetrics found = image_metrics(images);
  EXPECT_NEAR(found.auroc, expected["image_auroc"], 1e-6);
  EXPECT_NEAR(found.ap, expected["image_ap"], 1e-6);
  EXPECT_NEAR(found.f1_max, expected["image_f1_max"], 1e-6);
}

TEST(ImageMetrics, AreNotANumberWithoutBothKinds) {
  const ImageMetrics found = image_metrics({{0.1f, 0.2f}, {1, 1}});
  EXPECT_TRUE(std::isnan(found.auroc) && std::isnan(found.ap) && std::isnan(found.f1_max));
}

TEST(Aupro, InOnePassEqualsTwoHundredSweeps) {
  const testing::Maps maps = testing::made_up_maps(9, 64, 5);
  EXPECT_NEAR(aupro_reference(pool_of(maps)), testing::aupro_by_sweeps(maps), 1e-12);
}

// The specification's worked example: maps of sines, one image without damage, regions that touch at a corner.
TEST(Aupro, GivesTheNumbersOfTheSineMaps) {
  testing::Maps maps{48, 48, {}, {}};
  const auto inside = [](int i, int y, int x) {
    const auto box = [&](int y0, int y1, int x0, int x1) {
      return y >= y0 && y <= y1 && x >= x0 && x <= x1;
    };
    if (i == 0) return box(5, 14, 5, 11) || box(15, 19, 12, 19);
    if (i == 1) return box(30, 39, 20, 44) || box(2, 3, 40, 43);
    return i == 2 && box(10, 29, 10, 13);
  };
  for (int i = 0; i < 4; ++i) {
    auto& map = maps.maps.emplace_back();
    auto& mask = maps.masks.emplace_back();
    for (int y = 0; y < 48; ++y)
      for (int x = 0; x < 48; ++x) {
        mask.push_back(inside(i, y, x));
        map.push_back(static_cast<float>(0.5 + 0.3 * std::sin(0.31 * x * (1 + 0.2 * i) + 0.17 * y) +
                                         0.2 * std::cos(0.05 * x * y / (1 + i)) +
                                         0.35 * mask.back()));
      }
  }
  const PixelMetrics found = pixel_metrics(pool_of(maps));
  EXPECT_NEAR(found.auroc, 0.8299669, 1e-6);
  EXPECT_NEAR(found.ap, 0.3913294, 1e-6);
  EXPECT_NEAR(found.aupro, 0.4799665, 1e-6);
}

// Ten normal pixels .0 to .9 and two regions of one pixel, at .85 and .05: overlap is 1/2 from FPR 0.1 on, and the line to
// (1, 1) starts at FPR 0.9.
TEST(Aupro, OfBergmannIsTheExactAreaUpToTheLimit) {
  std::vector<float> map;
  std::vector<std::uint8_t> mask(14, 0);
  for (int i = 0; i < 10; ++i) map.push_back(static_cast<float>(i) / 10);
  map.insert(map.end(), {0.85f, -1.f, -1.f, 0.05f});
  mask[10] = mask[13] = 1;
  PixelPool pool;
  pool.add(map, mask, 14, 1);
  pool.sort();
  // Normal: .0 to .9 and twice -1, 12 in all. (0, 0) (1/12, 0) (1/12, .5) ... flat to 0.3.
  EXPECT_NEAR(aupro_exact(pool), 0.5 * (0.3 - 1.0 / 12) / 0.3, 1e-12);
}

TEST(Aupro, OfAPerfectMapIsOneAndOfAConstantMapTheDiagonals) {
  PixelPool perfect, constant;
  const std::vector<std::uint8_t> mask = {0, 0, 0, 1};
  perfect.add(std::vector<float>{0, 0, 0, 1}, mask, 2, 2);
  constant.add(std::vector<float>{1, 1, 1, 1}, mask, 2, 2);
  perfect.sort();
  constant.sort();
  EXPECT_NEAR(aupro_exact(perfect), 1, 1e-12);
  EXPECT_NEAR(aupro_exact(constant), 0.15, 1e-12);
  EXPECT_TRUE(std::isnan(aupro_reference(constant)));
}

/// A good image with these values, and one with a damaged pixel and a normal one.
PixelPool pool_with_good(const std::vector<float>& good, float damaged) {
  PixelPool pool;
  pool.add(good, std::vector<std::uint8_t>(good.size(), 0), static_cast<int>(good.size()), 1);
  pool.add(std::vector<float>{damaged, 2.f}, std::vector<std::uint8_t>{1, 0}, 2, 1);
  pool.sort();
  return pool;
}

TEST(Aupimo, IsTheShareOfTheLogarithmicRangeThatFindsThePixel) {
  std::vector<float> good(1000000);
  for (std::size_t i = 0; i < good.size(); ++i) good[i] = static_cast<float>(i) / 1e6f;
  EXPECT_NEAR(aupimo(pool_with_good(good, 1.f))[0], 1, 1e-9);
  EXPECT_NEAR(aupimo(pool_with_good(good, 0.5f))[0], 0, 1e-9);
  // Found from a rate of 32e-6 on (31e-6 before): log10(1e-4 / 32e-6), and half of the step before it.
  const double expected = std::log10(100 / 32.0) + std::log10(32 / 31.0) / 2;
  EXPECT_NEAR(aupimo(pool_with_good(good, good[good.size() - 32]))[0], expected, 1e-9);
}

TEST(Aupimo, NeedsAGoodImageAndCountsOnlyWhatExceedsThemAllWhereTheyAreFew) {
  EXPECT_TRUE(aupimo(pool_of(testing::Maps{2, 1, {{0, 1}}, {{0, 1}}})).empty());
  EXPECT_NEAR(aupimo(pool_with_good({0.1f, 0.2f}, 0.3f))[0], 1, 1e-12);
  EXPECT_NEAR(aupimo(pool_with_good({0.1f, 0.2f}, 0.2f))[0], 0, 1e-12);
}

TEST(PixelPool, RefusesAMapThatIsNotANumber) {
  PixelPool pool;
  anomalyclip::testing::expect_error(
      ErrorCode::kNotFinite,
      [&] { pool.add(std::vector<float>{NAN}, std::vector<std::uint8_t>{0}, 1, 1); },
      "not a number");
}

TEST(PixelMetrics, AreNotANumberWithoutDamage) {
  PixelPool pool;
  pool.add(std::vector<float>{1, 2}, std::vector<std::uint8_t>{0, 0}, 2, 1);
  pool.sort();
  const PixelMetrics found = pixel_metrics(pool);
  EXPECT_TRUE(std::isnan(found.auroc) && std::isnan(found.aupro) && std::isnan(found.aupimo));
}

TEST(PixelPool, SortsNegativeAndEqualValues) {
  std::vector<float> map;
  for (int i = 0; i < 5000; ++i) map.push_back(static_cast<float>(i * 7919 % 2000 - 1000) / 8);
  std::vector<float> expected = map;
  PixelPool pool;
  pool.add(map, std::vector<std::uint8_t>(map.size(), 0), 5000, 1);
  pool.sort();
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(pool.of_good_images(), expected);
}

TEST(Bootstrap, EnclosesTheMetricAndNarrowsWithMoreImages) {
  const auto images = [](int count) {
    LabelledScores out;
    for (int i = 0; i < count; ++i) {
      out.anomalous.push_back(i % 2);
      out.scores.push_back(static_cast<float>(i * 37 % 101) / 101 +
                           0.3f * static_cast<float>(i % 2));
    }
    return out;
  };
  const Interval few = bootstrap(images(20), 500, 1).auroc,
                 many = bootstrap(images(400), 500, 1).auroc;
  const double auroc = image_metrics(images(400)).auroc;
  EXPECT_LT(many.low, auroc);
  EXPECT_GT(many.high, auroc);
  EXPECT_LT(many.high - many.low, (few.high - few.low) / 2);
  EXPECT_EQ(bootstrap(images(20), 500, 1).ap.low, bootstrap(images(20), 500, 1).ap.low);
  EXPECT_TRUE(std::isnan(bootstrap({{0.1f}, {1}}, 10, 1).auroc.low));
}

}  // namespace
}  // namespace anomalyclip::metrics
