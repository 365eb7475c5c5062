#include "model/vision_transformer.h"

#include <gmock/gmock.h>
#include <thread>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

#include <gtest/gtest.h>

#include <anomalyclip/error.h>

#include "golden.h"
#include "hashed_weights.h"

namespace anomalyclip {
namespace {

using testing::Golden;
using ::testing::HasSubstr;
using testing::max_difference;
using ::testing::ThrowsMessage;

constexpr double kFeatureTolerance = 1e-4;

const Golden& golden() {
  static const Golden tiny("tiny.safetensors");
  return tiny;
}

const VisionTransformer& tiny() {
  static const VisionTransformer model(testing::hashed_weights(testing::kTiny), at::kCPU,
                                       at::kFloat);
  return model;
}

/// Layers 2, 6, 7 and 8 of the tiny model's 8, DPAM from 6 on: before it, its first, inside, last.
VisionRequest taps(std::vector<AttentionKind> attention = {AttentionKind::kVV}) {
  return {.features = {2, 6, 7, 8}, .dpam_from = 6, .attention = std::move(attention)};
}

std::string name_of(AttentionKind kind) {
  return kind == AttentionKind::kVV ? "vv" : kind == AttentionKind::kQQ ? "qq" : "kk";
}

class EverySize : public ::testing::TestWithParam<std::string> {
 protected:
  const at::Tensor& expected(const std::string& key) const {
    return golden()[GetParam() + "." + key];
  }
  const at::Tensor& input() const { return expected("input"); }
};
INSTANTIATE_TEST_SUITE_P(TrainedAndInterpolatedGrid, EverySize, ::testing::Values("56", "98"));

TEST_P(EverySize, GlobalFeatureIsTheReferences) {
  EXPECT_LE(max_difference(tiny().forward(input(), taps()).global, expected("global")),
            kFeatureTolerance);
}

TEST_P(EverySize, EveryTappedLayerOfEveryAttentionKindIsTheReferences) {
  for (const AttentionKind kind : {AttentionKind::kVV, AttentionKind::kQQ, AttentionKind::kKK}) {
    const VisionRequest request = taps({kind});
    const VisionFeatures found = tiny().forward(input(), request);
    for (std::size_t i = 0; i < request.features.size(); ++i) {
      const std::string key = name_of(kind) + ".patch." + std::to_string(request.features[i]);
      EXPECT_LE(max_difference(found.patches.at(i).at(0), expected(key)), kFeatureTolerance) << key;
    }
  }
}

TEST_P(EverySize, PlainClipIsTheReferences) {
  VisionRequest request = taps();
  request.dpam_from = 0;
  const VisionFeatures found = tiny().forward(input(), request);
  for (std::size_t i = 0; i < request.features.size(); ++i) {
    const std::string key = "clip.patch." + std::to_string(request.features[i]);
    EXPECT_LE(max_difference(found.patches.at(i).at(0), expected(key)), kFeatureTolerance) << key;
  }
  EXPECT_LE(max_difference(found.global, expected("global")), kFeatureTolerance);
}

TEST_P(EverySize, AnEnsembleIsItsKindsSideBySide) {
  const std::vector<AttentionKind> kinds = {AttentionKind::kQQ, AttentionKind::kKK,
                                            AttentionKind::kVV};
  const VisionFeatures found = tiny().forward(input(), taps(kinds));
  ASSERT_EQ(found.patches.at(0).size(), 1u) << "layer 2 has no local path";
  for (std::size_t k = 0; k < kinds.size(); ++k)
    EXPECT_LE(max_difference(found.patches.at(3).at(k), expected(name_of(kinds[k]) + ".patch.8")),
              kFeatureTolerance);
}

TEST_P(EverySize, AnEnsembleMayHoldTheOriginalPath) {
  const VisionRequest request =
      taps({AttentionKind::kQQ, AttentionKind::kQK, AttentionKind::kKK, AttentionKind::kVV});
  const VisionFeatures found = tiny().forward(input(), request);
  const char* keys[] = {"qq", "clip", "kk", "vv"};
  for (const std::size_t tap : {1u, 2u, 3u})
    for (std::size_t k = 0; k < 4; ++k) {
      const std::string key = keys[k] + (".patch." + std::to_string(request.features[tap]));
      EXPECT_LE(max_difference(found.patches.at(tap).at(k), expected(key)), kFeatureTolerance)
          << key;
    }
  EXPECT_LE(max_difference(found.global, expected("global")), kFeatureTolerance);
}

TEST_P(EverySize, GradientsChangeNoNumber) {
  const at::AutoGradMode with_gradients(true);
  std::map<std::string, at::Tensor> tensors = testing::hashed_tensors(testing::kTiny);
  for (auto& [key, tensor] : tensors) tensor.requires_grad_();
  const VisionTransformer model = VisionTransformer::from_tensors(Weights(tensors, {}, "tensors"));
  const VisionFeatures found = model.forward(input(), taps());
  EXPECT_LE(max_difference(found.global, expected("global")), kFeatureTolerance);
  EXPECT_LE(max_difference(found.patches.at(3).at(0), expected("vv.patch.8")), kFeatureTolerance);
}

TEST_P(EverySize, HalfPrecisionIsNear) {
  for (const at::ScalarType dtype : {at::kBFloat16, at::kHalf}) {
    const VisionTransformer model(testing::hashed_weights(testing::kTiny), at::kCPU, dtype);
    const VisionFeatures found = model.forward(input(), taps());
    // Features are of order 1. bfloat16 keeps 8 bits, half 11, over 8 layers.
    const double bound = dtype == at::kBFloat16 ? 0.1 : 0.0125;
    EXPECT_EQ(found.global.scalar_type(), at::kFloat);
    EXPECT_LE(max_difference(found.global, expected("global")), bound) << dtype;
    EXPECT_LE(max_difference(found.patches.at(3).at(0), expected("vv.patch.8")), bound) << dtype;
  }
}

TEST_P(EverySize, ABatchEqualsItsImagesOneByOne) {
  const VisionFeatures both = tiny().forward(input(), taps());
  for (std::int64_t i = 0; i < 2; ++i) {
    const VisionFeatures one = tiny().forward(input().narrow(0, i, 1), taps());
    EXPECT_LE(max_difference(one.global, both.global.narrow(0, i, 1)), 1e-5);
    EXPECT_LE(max_difference(one.patches[3][0], both.patches[3][0].narrow(0, i, 1)), 1e-5);
  }
}

TEST_P(EverySize, WithoutTheGlobalFeatureThePatchesAreTheSame) {
  for (const auto kind : {AttentionKind::kVV, AttentionKind::kQQ, AttentionKind::kKK}) {
    VisionRequest request = taps({kind});
    const VisionFeatures all = tiny().forward(input(), request);
    request.want_global = false;
    const VisionFeatures found = tiny().forward(input(), request);
    EXPECT_FALSE(found.global.defined());
    for (std::size_t i = 0; i < 4; ++i)
      EXPECT_LE(max_difference(found.patches[i][0], all.patches[i][0]), 1e-5);
  }
}

TEST_P(EverySize, ATapDoesNotDependOnTheOthers) {
  const VisionFeatures all = tiny().forward(input(), taps());
  const std::vector<int> layers = taps().features;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    VisionRequest one = taps();
    one.features = {layers[i]};
    const VisionFeatures found = tiny().forward(input(), one);
    ASSERT_EQ(found.patches.size(), 1u);
    EXPECT_LE(max_difference(found.patches[0][0], all.patches[i][0]), 1e-5)
        << "layer " << layers[i];
    EXPECT_LE(max_difference(found.global, all.global), 1e-5);
  }
}

TEST(VisionTransformer, GlobalFeatureAloneNeedsNoTap) {
  const VisionFeatures found =
      tiny().forward(golden()["56.input"], {.features = {}, .dpam_from = 6});
  EXPECT_TRUE(found.patches.empty());
  EXPECT_LE(max_difference(found.global, golden()["56.global"]), kFeatureTolerance);
}

TEST(VisionTransformer, GradientsReachEveryTensorOfTheImageTower) {
  const at::AutoGradMode with_gradients(true);
  std::map<std::string, at::Tensor> tensors = testing::hashed_tensors(testing::kTiny);
  for (auto& [key, tensor] : tensors) tensor.requires_grad_();
  const VisionTransformer model = VisionTransformer::from_tensors(Weights(tensors, {}, "tensors"));
  const VisionFeatures found = model.forward(golden()["98.input"], taps());
  (found.global.sum() + found.patches[3][0].square().sum()).backward();
  for (const auto& [key, tensor] : tensors)
    EXPECT_EQ(tensor.grad().defined(), key.starts_with("visual.")) << key;
}

TEST(VisionTransformer, CopiedWeightsDoNotFollowTheirSource) {
  const std::map<std::string, at::Tensor> tensors = testing::hashed_tensors(testing::kTiny);
  const VisionTransformer model(Weights(tensors, {}, "tensors"), at::kCPU, at::kFloat);
  for (const auto& [key, tensor] : tensors) tensor.detach().zero_();
  EXPECT_LE(
      max_difference(model.forward(golden()["56.input"], taps()).global, golden()["56.global"]),
      kFeatureTolerance);
}

TEST(VisionTransformer, ThreadsShareOneModelAtSeveralSizes) {
  const VisionTransformer model(testing::hashed_weights(testing::kTiny), at::kCPU, at::kFloat);
  std::vector<double> differences(3);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < differences.size(); ++i)
    threads.emplace_back([&, i] {
      const std::string size = i % 2 == 0 ? "98" : "56";
      for (int round = 0; round < 2; ++round) {
        const VisionFeatures found = model.forward(golden()[size + ".input"], taps());
        differences[i] =
            std::max(differences[i], max_difference(found.global, golden()[size + ".global"]));
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(differences, ::testing::Each(::testing::Le(kFeatureTolerance)));
}

TEST(VisionTransformer, RefusesWhatItCannotRun) {
  const auto check = [](VisionRequest request) { return [request] { tiny().check(request); }; };
  EXPECT_THAT(
      check({.features = {9}}),
      ThrowsMessage<Error>(HasSubstr("Layer 9 is asked for, and this model has layers 1 to 8")));
  EXPECT_THAT(check({.features = {0}}), ThrowsMessage<Error>(HasSubstr("Layer 0 is asked for")));
  EXPECT_THAT(check({.features = {8}, .dpam_from = 9}),
              ThrowsMessage<Error>(HasSubstr("Layer 9 is asked for")));
  EXPECT_THAT(check({.features = {8, 6}}),
              ThrowsMessage<Error>(HasSubstr("ascending and distinct")));
  EXPECT_THAT(check({.features = {6, 6}}),
              ThrowsMessage<Error>(HasSubstr("ascending and distinct")));
  EXPECT_THAT(check({.features = {8}, .attention = {}}),
              ThrowsMessage<Error>(HasSubstr("one or more of vv, qq, kk and qk")));
  EXPECT_THAT(check({.features = {8}, .attention = {AttentionKind::kVV, AttentionKind::kVV}}),
              ThrowsMessage<Error>(HasSubstr("each once")));
  EXPECT_THAT(check({.features = {}, .want_global = false}),
              ThrowsMessage<Error>(HasSubstr("nothing to do")));
}

TEST(VisionTransformer, RefusesImagesThatPatchesDoNotTile) {
  for (const std::vector<std::int64_t>& shape :
       {std::vector<std::int64_t>{1, 3, 57, 57}, {1, 3, 56, 60}, {1, 1, 56, 56}, {3, 56, 56}})
    EXPECT_THAT([&] { tiny().forward(at::zeros(shape), taps()); },
                ThrowsMessage<Error>(HasSubstr(
                    "float32 [B, 3, H, W] on cpu with sides that are multiples of 14 pixels")));
}

TEST(VisionTransformer, ViTB16At224IsTheReferences) {
  const Golden expected("vit_b_16_at_224.safetensors");
  const VisionTransformer model(testing::hashed_weights(testing::kViTB16), at::kCPU, at::kFloat);
  const VisionFeatures found =
      model.forward(testing::noise(5001, {1, 3, 224, 224}), {.features = {12}, .dpam_from = 6});
  EXPECT_LE(max_difference(found.global, expected["global"]), kFeatureTolerance);
  EXPECT_LE(max_difference(found.patches[0][0], expected["patch.12"]), kFeatureTolerance);
}

/// The tiny model without positions: what it makes of patches does not depend on where they are.
const VisionTransformer& placeless() {
  static const VisionTransformer model = [] {
    const Weights weights = testing::hashed_weights(testing::kTiny);
    weights.get("visual.positional_embedding").zero_();
    return VisionTransformer(weights, at::kCPU, at::kFloat);
  }();
  return model;
}

TEST(RectangularImages, AreReadPatchByPatchRowByRow) {
  const at::Tensor wide =
      testing::noise(9, {1, 3, 14, 6 * 14});  // [1, 3, 14, 84]: six patches in a row
  std::vector<at::Tensor> patches = wide.chunk(6, 3);
  const at::Tensor high =
      at::cat({at::cat({patches[0], patches[1]}, 3), at::cat({patches[2], patches[3]}, 3),
               at::cat({patches[4], patches[5]}, 3)},
              2);  // [1, 3, 42, 28]
  const VisionFeatures a = placeless().forward(wide, taps()), b = placeless().forward(high, taps());
  EXPECT_LE(max_difference(a.global, b.global), kFeatureTolerance);
  for (std::size_t i = 0; i < a.patches.size(); ++i)
    EXPECT_LE(max_difference(a.patches[i][0], b.patches[i][0]), kFeatureTolerance) << i;
}

TEST(RectangularImages, HavePositionsOfBothAxes) {
  // Each token of the trained 4 x 4 grid says its row and its column.
  at::Tensor weight = at::zeros({17, 2});
  for (int i = 0; i < 16; ++i) {
    weight[1 + i][0] = i / 4;
    weight[1 + i][1] = i % 4;
  }
  const PositionalEmbedding positions(weight);
  for (const Interpolation kind : {Interpolation::kBilinear, Interpolation::kBicubic}) {
    const at::Tensor grid =
        positions.at_grid({4, 2}, kind).slice(0, 1).view({2, 4, 2});  // 4 columns, 2 rows
    for (int x = 0; x < 4; ++x)
      EXPECT_LT(grid[0][x][0].item<float>() + 1, grid[1][x][0].item<float>());
    for (int y = 0; y < 2; ++y)
      for (int x = 0; x < 4; ++x) EXPECT_NEAR(grid[y][x][1].item<float>(), x, 1e-5);
  }
}

TEST(RectangularImages, AreRefusedWhereWindowsAreAskedFor) {
  VisionRequest request = taps();
  request.windows = {1};
  EXPECT_THAT(
      [&] {
        tiny().forward(at::zeros({1, 3, 14, 28}), request);
      },
      ThrowsMessage<Error>(HasSubstr("[B, 3, S, S]")));
}

}  // namespace
}  // namespace anomalyclip
