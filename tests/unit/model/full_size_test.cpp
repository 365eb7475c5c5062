#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_vector_norm.h>

#include <gtest/gtest.h>

#include "golden.h"
#include "hashed_weights.h"
#include "model/cpu/blocked_layer.h"
#include "model/vision_transformer.h"
#include "scoring/anomaly_map.h"
#include "scoring/image_score.h"
#include "scoring/similarity.h"

namespace anomalyclip {
namespace {

using testing::Golden;
using testing::max_difference;

/// ViT-L/14@336 at 518 pixels, the paper's model, end to end. Weights once: they are 3 GB with the
/// model's copy.
class FullSize : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    const Weights weights = testing::hashed_weights(testing::kViTL14At336);
    found_ = encode(weights, at::kFloat, Arithmetic::kPlain);
    half_ = encode(weights, at::kBFloat16, Arithmetic::kPlain);
    if (cpu::BlockedLayer::available(testing::kViTL14At336.vision_width, Arithmetic::kFloat32))
      blocks_ = encode(weights, at::kFloat, Arithmetic::kFloat32);
    if (cpu::BlockedLayer::available(testing::kViTL14At336.vision_width, Arithmetic::kSplit))
      split_ = encode(weights, at::kFloat, Arithmetic::kSplit);
    if (cpu::BlockedLayer::available(testing::kViTL14At336.vision_width, Arithmetic::kInt8))
      bytes_ = encode(weights, at::kFloat, Arithmetic::kInt8);
    float8_ = encode(weights, at::kBFloat16, Arithmetic::kFloat8);
    expected_ = std::make_unique<Golden>("vit_l_14_336_at_518.safetensors");
  }
  static void TearDownTestSuite() { expected_.reset(); }

  static VisionFeatures encode(const Weights& weights, at::ScalarType dtype,
                               Arithmetic arithmetic) {
    return VisionTransformer(weights, at::kCPU, dtype, arithmetic)
        .forward(testing::noise(5000, {1, 3, 518, 518}),
                 {.features = {6, 12, 18, 24}, .dpam_from = 6});
  }

  /// |found - float32| / |float32| of the last layer's patches.
  static double relative_error(const VisionFeatures& found) {
    const at::Tensor exact = found_.patches[3][0];
    return (at::linalg_vector_norm(found.patches[3][0] - exact) / at::linalg_vector_norm(exact))
        .item<double>();
  }

  static at::Tensor last_map(const VisionFeatures& features) {
    return anomaly_map(
        {similarity({features.patches[3][0].slice(1, 1)}, expected()["text_features"], 0.07)}, 518,
        4);
  }

  static void expect_five_digits(const VisionFeatures& features) {
    EXPECT_LE(relative_error(features), 1e-5);
    EXPECT_LE(max_difference(last_map(features), last_map(found_)), 1e-5);
    EXPECT_LE(max_difference(global_score(features.global, expected()["text_features"], 0.07),
                             expected()["score"]),
              1e-5);
  }

  static const Golden& expected() { return *expected_; }

  static std::vector<at::Tensor> probabilities() {
    std::vector<at::Tensor> layers;
    for (const std::vector<at::Tensor>& tap : found_.patches)
      layers.push_back(similarity({tap[0].slice(1, 1)}, expected()["text_features"], 0.07));
    return layers;
  }

  /// Every 7th row and column, which is what the golden file holds.
  static at::Tensor every_7th(const at::Tensor& map) {
    return map.slice(1, 0, map.size(1), 7).slice(2, 0, map.size(2), 7);
  }

  static inline VisionFeatures found_, half_, split_, blocks_, bytes_, float8_;
  static inline std::unique_ptr<Golden> expected_;
};

TEST_F(FullSize, FeaturesAreTheReferences) {
  EXPECT_LE(max_difference(found_.global, expected()["global"]), 1e-4);
  const std::vector<int> layers = {6, 12, 18, 24};
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::string key = "patch." + std::to_string(layers[i]) + ".every_37th_token";
    const at::Tensor& patches = found_.patches[i][0];
    EXPECT_LE(max_difference(patches.slice(1, 0, patches.size(1), 37), expected()[key]), 1e-4)
        << key;
  }
}

TEST_F(FullSize, ScoreIsTheReferences) {
  EXPECT_LE(max_difference(global_score(found_.global, expected()["text_features"], 0.07),
                           expected()["score"]),
            1e-5);
}

TEST_F(FullSize, MapsAreTheReferences) {
  const std::vector<at::Tensor> layers = probabilities();
  EXPECT_LE(
      max_difference(every_7th(anomaly_map({layers[3]}, 518, 4)), expected()["map.last.sigma4"]),
      1e-5);
  // The reference sums the layers; this map is their mean.
  EXPECT_LE(
      max_difference(every_7th(anomaly_map(layers, 518, 4)) * 4, expected()["map.sum_of_4.sigma4"]),
      1e-5);
}

// What lower precisions cost, beside float32 on this machine (docs/performance.md).
TEST_F(FullSize, Bfloat16StaysWithinOnePercentOfTheFeaturesAndTheMap) {
  EXPECT_LE(relative_error(half_), 0.01);
  EXPECT_LE(max_difference(last_map(half_), last_map(found_)), 0.01);
}

TEST_F(FullSize, Int8StaysWithinTwoPercentOfTheFeaturesAndTheMap) {
  if (bytes_.patches.empty()) GTEST_SKIP() << "this CPU has no AVX-512 VNNI";
  EXPECT_LE(relative_error(bytes_), 0.02);
  EXPECT_LE(max_difference(last_map(bytes_), last_map(found_)), 0.02);
}

TEST_F(FullSize, Float8StaysWithinEightPercentOfTheFeaturesAndThreeOfTheMap) {
  EXPECT_LE(relative_error(float8_), 0.08);
  EXPECT_LE(max_difference(last_map(float8_), last_map(found_)), 0.03);
}

TEST_F(FullSize, Float32BlocksKeepFiveDigitsOfTheFeaturesAndTheMap) {
  if (blocks_.patches.empty()) GTEST_SKIP() << "this CPU has no AVX-512";
  expect_five_digits(blocks_);
}

TEST_F(FullSize, SplitProductsKeepFiveDigitsOfTheFeaturesAndTheMap) {
  if (split_.patches.empty()) GTEST_SKIP() << "this CPU has no AVX-512 BF16";
  expect_five_digits(split_);
}

}  // namespace
}  // namespace anomalyclip
