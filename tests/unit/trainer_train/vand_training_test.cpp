#include "train/vand_training.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/torch.h>

#include <gtest/gtest.h>

#include "checkpoint/prompt_tensors.h"
#include "golden.h"
#include "hashed_weights.h"
#include "loop/clip_encoder.h"
#include "methods/word_methods.h"
#include "temporary_folder.h"

namespace anomalyclip::trainer {
namespace {

using testing::max_difference;

const testing::Golden& golden() {
  static const testing::Golden methods("methods.safetensors");
  return methods;
}

const Weights& weights() {
  static const Weights tiny = testing::hashed_weights(testing::kTiny);
  return tiny;
}

WordMethod vand() {
  return word_method("vand", ClipConfig::infer(weights()));
}

VandSettings settings() {
  VandSettings settings;
  settings.recipe = vand().recipe;
  settings.recipe.features = {2, 5, 8};
  settings.recipe.image_size = 56;
  settings.recipe.class_name = "bottle";
  settings.recipe.model_fingerprint = std::string(64, '0');
  return settings;
}

const std::map<std::string, at::Tensor>& texts() {
  static const std::map<std::string, at::Tensor> both = [] {
    const at::NoGradGuard no_grad;
    const auto tower = text_tower(weights(), at::kCPU, Activation::kGelu);
    const Tokenizer tokenizer;
    std::map<std::string, at::Tensor> result;
    for (const char* name : {"metal_nut", "bottle"})
      result[name] = text_features(*tower, tokenizer, vand().text, name);
    return result;
  }();
  return both;
}

VandTraining golden_start() {
  Adapters adapters;
  for (const int layer : settings().recipe.features)
    adapters[layer] = {testing::noise(7100 + layer, {48, 128}, 0.3f),
                       testing::noise(7200 + layer, {48}, 0.3f)};
  return VandTraining(settings(), adapters, texts());
}

/// Four images, encoded, the last of them without a mask; some of them only, where rows are given.
EncodedBatch golden_batch(const std::vector<std::int64_t>& rows = {0, 1, 2, 3}) {
  static const VisionFeatures all = [] {
    VisionRequest request = training_request(settings().recipe);
    request.raw_features = true;
    request.want_global = false;
    return ClipEncoder(weights(), request, 56, at::kCPU, Precision::kFP32)
        .encode(testing::noise(6100, {4, 3, 56, 56}));
  }();
  at::Tensor masks = (testing::noise(6200, {4, 56, 56}) > 1).to(at::kFloat);
  masks[0] = 0;
  const std::vector<std::string> classes{"metal_nut", "bottle", "metal_nut", "bottle"};
  const at::Tensor index = at::tensor(rows, at::kLong);
  EncodedBatch batch;
  for (const auto& layer : all.patches)
    batch.features.patches.push_back({layer[0].index_select(0, index)});
  batch.labels = at::tensor({0, 1, 1, 1}, at::kLong).index_select(0, index);
  batch.masks = masks.index_select(0, index);
  batch.has_mask = at::tensor({1, 1, 1, 0}).to(at::kBool).index_select(0, index);
  for (const std::int64_t row : rows)
    batch.class_names.push_back(classes[static_cast<std::size_t>(row)]);
  batch.images = 4;
  batch.images_with_mask = 3;
  return batch;
}

TEST(VandTraining, ThreeStepsAreThoseOfPlainPyTorch) {
  const VandTraining method = golden_start();
  const auto optimizer = method.make_optimizer();
  const EncodedBatch batch = golden_batch();
  for (std::int64_t step = 0; step < 3; ++step) {
    const std::vector<LossTerm> terms = method.losses(batch);
    ASSERT_EQ(terms.size(), 2u);
    const at::Tensor expected = golden()["training.vand.losses"][step];
    EXPECT_NEAR(terms[0].value.item<double>(), expected[0].item<double>(), 1e-5) << "step " << step;
    EXPECT_NEAR(terms[1].value.item<double>(), expected[1].item<double>(), 1e-5) << "step " << step;
    optimizer->zero_grad();
    (terms[0].value + terms[1].value).backward();
    for (const auto& [name, parameter] : method.parameters()) {
      if (step > 0 || name.find(".5.") == name.npos) continue;
      EXPECT_LE(max_difference(parameter.grad(), golden()["training.vand.gradient." + name]), 1e-5)
          << name;
    }
    optimizer->step();
  }
  for (const auto& [name, parameter] : method.parameters()) {
    if (name.find(".5.") == name.npos) continue;
    EXPECT_LE(max_difference(parameter.detach(), golden()["training.vand.after." + name]), 1e-5)
        << name;
  }
}

TEST(VandTraining, SharesOfABatchAddUpToTheWhole) {
  const VandTraining method = golden_start();
  const auto whole = method.losses(golden_batch()), one = method.losses(golden_batch({0, 2, 3})),
             other = method.losses(golden_batch({1}));
  for (const std::size_t term : {0u, 1u})
    EXPECT_NEAR((one[term].value + other[term].value).item<double>(),
                whole[term].value.item<double>(), 1e-6);
}

TEST(VandTraining, ABatchWithoutMasksCostsNothing) {
  const VandTraining method = golden_start();
  EncodedBatch batch = golden_batch({3});
  batch.images_with_mask = 0;
  for (const LossTerm& term : method.losses(batch)) EXPECT_EQ(term.value.item<double>(), 0);
}

TEST(VandTraining, TheFileHoldsTheAdaptersAndTheWordsForItsClass) {
  const testing::TemporaryFolder folder;
  const VandTraining method = golden_start();
  method.save(folder.file("p.safetensors"), R"({"epochs":3})");
  const auto prompts = Prompts::load(folder.file("p.safetensors"));
  EXPECT_EQ(prompts->method, "vand");
  EXPECT_EQ(prompts->features, (std::vector<int>{2, 5, 8}));
  EXPECT_EQ(prompts->metadata.at("training"), R"({"epochs":3})");
  EXPECT_EQ(
      max_difference(at::tensor(prompts->text_features).reshape({2, 48}), texts().at("bottle")), 0);
  EXPECT_EQ(max_difference(to_tensor(prompts->tensors.at("adapters.5.weight")),
                           testing::noise(7105, {48, 128}, 0.3f)),
            0);
}

TEST(VandTraining, AdaptersAreDrawnAsTorchDrawsLinearLayers) {
  const Adapters drawn = draw_adapters({6, 12}, 128, 48, at::detail::createCPUGenerator(111));
  torch::manual_seed(111);
  for (const int layer : {6, 12}) {
    const torch::nn::Linear linear(128, 48);
    EXPECT_LE(max_difference(drawn.at(layer).weight, linear->weight.detach()), 1e-7) << layer;
    EXPECT_LE(max_difference(drawn.at(layer).bias, linear->bias.detach()), 1e-7) << layer;
  }
}

}  // namespace
}  // namespace anomalyclip::trainer
