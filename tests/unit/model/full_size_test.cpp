#include <ATen/TensorOperators.h>

#include <gtest/gtest.h>

#include "golden.h"
#include "hashed_weights.h"
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
    const VisionTransformer model(testing::hashed_weights(testing::kViTL14At336), at::kCPU,
                                  at::kFloat);
    found_ = model.forward(testing::noise(5000, {1, 3, 518, 518}),
                           {.features = {6, 12, 18, 24}, .dpam_from = 6});
    expected_ = std::make_unique<Golden>("vit_l_14_336_at_518.safetensors");
  }
  static void TearDownTestSuite() { expected_.reset(); }

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

  static inline VisionFeatures found_;
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

}  // namespace
}  // namespace anomalyclip
