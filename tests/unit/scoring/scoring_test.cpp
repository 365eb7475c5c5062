#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <ATen/ops/zeros.h>

#include <gtest/gtest.h>

#include "golden.h"
#include "scoring/anomaly_map.h"
#include "scoring/image_score.h"
#include "scoring/similarity.h"

namespace anomalyclip {
namespace {

using testing::Golden;
using testing::max_difference;

constexpr double kTemperature = 0.07, kTolerance = 1e-5;

const Golden& golden() {
  static const Golden tiny("tiny.safetensors");
  return tiny;
}

const at::Tensor& text() {
  return golden()["text_features"];
}

/// Patch probabilities [B, P, 2] of one layer, from the reference's features.
at::Tensor probabilities(const std::string& size, int layer) {
  return similarity({golden()[size + ".vv.patch." + std::to_string(layer)].slice(1, 1)}, text(),
                    kTemperature);
}

std::vector<at::Tensor> four_layers(const std::string& size) {
  std::vector<at::Tensor> layers;
  for (const int layer : {2, 6, 7, 8}) layers.push_back(probabilities(size, layer));
  return layers;
}

class Scoring : public ::testing::TestWithParam<std::string> {
 protected:
  const at::Tensor& expected(const std::string& key) const {
    return golden()[GetParam() + "." + key];
  }
  std::int64_t size() const { return std::stoll(GetParam()); }
};
INSTANTIATE_TEST_SUITE_P(BothSizes, Scoring, ::testing::Values("56", "98"));

TEST_P(Scoring, EnsembleProbabilitiesAreTheReferences) {
  const at::Tensor found =
      similarity({expected("qq.patch.8"), expected("kk.patch.8"), expected("vv.patch.8")}, text(),
                 kTemperature);
  EXPECT_LE(max_difference(found, expected("qq+kk+vv.probability.8")), kTolerance);
}

TEST_P(Scoring, ImageScoreIsTheReferences) {
  EXPECT_LE(
      max_difference(global_score(expected("global"), text(), kTemperature), expected("score")),
      kTolerance);
}

TEST_P(Scoring, MapsAreTheReferencesSumsDividedByTheirLayers) {
  const std::vector<at::Tensor> layers = four_layers(GetParam());
  EXPECT_LE(max_difference(anomaly_map(layers, size(), 0) * 4, expected("map.sum_of_4.unsmoothed")),
            kTolerance);
  EXPECT_LE(max_difference(anomaly_map(layers, size(), 4) * 4, expected("map.sum_of_4.sigma4")),
            kTolerance);
  EXPECT_LE(max_difference(anomaly_map({layers[3]}, size(), 4), expected("map.last.sigma4")),
            kTolerance);
}

/// One layer that says `abnormal` [rows * columns].
std::vector<at::Tensor> layer_of(const at::Tensor& abnormal) {
  return {at::stack({1 - abnormal, abnormal}, -1).unsqueeze(0)};  // [1, P, 2]
}

TEST(RectangularMap, IsUpsampledAlongBothAxes) {
  const at::Tensor patches = at::arange(8, at::kFloat).div(8);  // 2 rows of 4
  const at::Tensor expected = at::upsample_bilinear2d(patches.view({1, 1, 2, 4}), {28, 56}, false);
  EXPECT_LE(max_difference(anomaly_map(layer_of(patches), {4, 2}, {56, 28}, 0), expected[0]), 1e-6);
}

TEST(RectangularMap, OfATransposedGridIsTheTransposedMap) {
  const at::Tensor patches = at::arange(8, at::kFloat).div(8).view({2, 4});
  const at::Tensor map = anomaly_map(layer_of(patches.flatten()), {4, 2}, {56, 28}, 4);
  const at::Tensor other = anomaly_map(layer_of(patches.t().flatten()), {2, 4}, {28, 56}, 4);
  EXPECT_LE(max_difference(map, other.transpose(1, 2)), 1e-6);
}

TEST(MapOperator, UpsamplesWithoutAligningCorners) {
  const at::Tensor axis = map_operator(3, 5, 0);  // [5, 3]
  const at::Tensor patches = at::arange(9, at::kFloat).view({3, 3});
  const at::Tensor first_row = axis.matmul(patches).matmul(axis.t())[0];
  EXPECT_LE(max_difference(first_row, at::tensor({0.f, 0.4f, 1.f, 1.6f, 2.f})), 1e-6);
}

TEST(MapOperator, KeepsAConstantWhateverTheGaussian) {
  for (const double sigma : {0.0, 0.3, 4.0, 60.0})
    EXPECT_LE(max_difference(map_operator(4, 56, sigma).sum(1), at::full({56}, 1.f)), 1e-6)
        << sigma;
}

TEST(MapOperator, SmoothsWithScipysKernelAndBorders) {
  // grid == size: the Gaussian alone.
  const at::Tensor axis = map_operator(40, 40, 4);
  EXPECT_NEAR(axis[20][20].item<float>(), 0.0997391, 1e-6);
  EXPECT_NEAR(axis[20][21].item<float>(), 0.0966705, 1e-6);
  EXPECT_NEAR(axis[20][36].item<float>(), 3.34587e-5, 1e-9);
  EXPECT_EQ(axis[20][37].item<float>(), 0) << "beyond int(4 sigma + 0.5)";
  EXPECT_NEAR(axis[0][0].item<float>(), 0.0997391 + 0.0966705, 1e-6)
      << "the border sample is its own mirror";
}

TEST(MapOperator, ReflectsOverAndOverWhereTheKernelIsWiderThanTheMap) {
  // scipy.ndimage.gaussian_filter1d(numpy.eye(6)[0], 5)
  const at::Tensor expected =
      at::tensor({0.1767734f, 0.1740623f, 0.1693634f, 0.163954f, 0.1592769f, 0.1565699f});
  EXPECT_LE(max_difference(map_operator(6, 6, 5).select(1, 0), expected), 1e-6);
}

TEST(MapScore, IsTheMeanOfTheLargestThousandth) {
  const at::Tensor map =
      at::stack({at::arange(4000, at::kFloat).view({40, 100}) / 4000, at::zeros({40, 100})});
  EXPECT_LE(
      max_difference(map_score(map), at::tensor({(3996 + 3997 + 3998 + 3999) / 4.f / 4000, 0.f})),
      1e-6);
}

TEST(MapScore, OfAFewValuesIsTheLargest) {
  EXPECT_FLOAT_EQ(map_score(at::tensor({0.1f, 0.7f, 0.2f, 0.4f}).view({1, 2, 2})).item<float>(),
                  0.7f);
}

TEST(ImageScore, MeanIsHalfWayBetweenGlobalAndMap) {
  const at::Tensor global = golden()["56.global"], map = golden()["56.map.last.sigma4"];
  const auto score = [&](ScoreMode mode) {
    return image_score(mode, global, text(), kTemperature, map);
  };
  EXPECT_LE(max_difference(score(ScoreMode::kMean),
                           (score(ScoreMode::kGlobal) + score(ScoreMode::kMap)) / 2),
            1e-7);
  EXPECT_LE(max_difference(score(ScoreMode::kGlobal), golden()["56.score"]), kTolerance);
  EXPECT_LE(max_difference(score(ScoreMode::kMap), map_score(map)), 0);
}

}  // namespace
}  // namespace anomalyclip
