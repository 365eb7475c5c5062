#include "train/prompt_training.h"

#include <torch/torch.h>

#include <gtest/gtest.h>

#include <anomalyclip/error.h>

#include "checkpoint/safetensors.h"
#include "expect_error.h"
#include "golden.h"
#include "hashed_weights.h"
#include "loop/clip_encoder.h"
#include "temporary_folder.h"

namespace anomalyclip::trainer {
namespace {

using testing::expect_error;
using testing::max_difference;

const testing::Golden& golden() {
  static const testing::Golden training("training.safetensors");
  return training;
}

const Weights& weights() {
  static const Weights tiny = testing::hashed_weights(testing::kTiny);
  return tiny;
}

const TextTransformer& text() {
  static const TextTransformer tower(weights(), at::kCPU, at::kFloat);
  return tower;
}

const Tokenizer& tokenizer() {
  static const Tokenizer shared;
  return shared;
}

LearnedPrompts golden_start() {
  LearnedPrompts learned{golden()["start.ctx_pos"], golden()["start.ctx_neg"], {}, false};
  for (int i = 0; i < 8; ++i)
    learned.compound_prompts_text.push_back(
        golden()["start.compound_prompts_text." + std::to_string(i)]);
  return learned;
}

PromptTrainingSettings settings() {
  PromptTrainingSettings settings;
  settings.recipe.image_size = 56;
  settings.recipe.features = {2, 6, 7, 8};
  settings.recipe.class_name = "object";
  settings.recipe.normal_template = "{}";
  settings.recipe.abnormal_template = "damaged {}";
  settings.recipe.model_fingerprint = std::string(64, '0');
  return settings;
}

/// The four golden images, encoded; some of them only, where rows are given.
EncodedBatch golden_batch(const std::vector<std::int64_t>& rows = {0, 1, 2, 3}) {
  static const VisionFeatures all =
      ClipEncoder(weights(), training_request(settings().recipe), 56, at::kCPU, Precision::kFP32)
          .encode(golden()["input"]);
  const at::Tensor index = at::tensor(rows, at::kLong);
  EncodedBatch batch;
  batch.features.global = all.global.clone().index_select(0, index);
  for (const auto& layer : all.patches)
    batch.features.patches.push_back({layer[0].clone().index_select(0, index)});
  batch.labels = golden()["label"].index_select(0, index);
  batch.masks = golden()["mask"].index_select(0, index);
  batch.has_mask = at::ones({index.size(0)}, at::kBool);
  batch.class_names.assign(rows.size(), "part");
  batch.images = batch.images_with_mask = 4;
  return batch;
}

at::Tensor total(const std::vector<LossTerm>& terms) {
  at::Tensor sum = at::zeros({});
  for (const LossTerm& term : terms) sum = sum + term.weight * term.value;
  return sum;
}

double value(const std::vector<LossTerm>& terms, const std::string& name) {
  for (const LossTerm& term : terms)
    if (term.name == name) return term.value.item<double>();
  ADD_FAILURE() << "no term " << name;
  return 0;
}

TEST(PromptTraining, FiveStepsAreTheReferences) {
  const PromptTraining method(text(), tokenizer(), settings(), golden_start());
  const auto optimizer = method.make_optimizer();
  const EncodedBatch batch = golden_batch();
  for (std::int64_t step = 0; step < 5; ++step) {
    const std::vector<LossTerm> terms = method.losses(batch);
    const at::Tensor expected = golden()["losses.global_local"][step];
    EXPECT_NEAR(value(terms, "global"), expected[0].item<double>(), 1e-5) << "step " << step;
    EXPECT_NEAR(value(terms, "focal") + value(terms, "dice"), expected[1].item<double>(), 1e-5)
        << "step " << step;
    optimizer->zero_grad();
    total(terms).backward();
    for (const auto& [name, parameter] : method.parameters()) {
      if (step > 0) break;
      // Gradients reach 23: float32 itself is 3e-5 away from double there.
      const at::Tensor expected_gradient = golden()["gradient." + name];
      const double largest = std::max(1.0, expected_gradient.abs().max().item<double>());
      EXPECT_LE(max_difference(parameter.grad(), expected_gradient), 1e-5 * largest) << name;
    }
    optimizer->step();
  }
  for (const auto& [name, parameter] : method.parameters())
    EXPECT_LE(max_difference(parameter.detach(), golden()["after_5_steps." + name]), 1e-5) << name;
}

TEST(PromptTraining, SharesOfABatchAddUpToTheWhole) {
  const PromptTraining method(text(), tokenizer(), settings(), golden_start());
  const auto whole = method.losses(golden_batch());
  const auto one = method.losses(golden_batch({0, 1, 2})), other = method.losses(golden_batch({3}));
  for (const char* name : {"global", "focal", "dice"})
    EXPECT_NEAR(value(one, name) + value(other, name), value(whole, name), 1e-6) << name;
}

TEST(PromptTraining, AnImageWithoutAMaskChangesTheGlobalLossOnly) {
  const PromptTraining method(text(), tokenizer(), settings(), golden_start());
  EncodedBatch three = golden_batch({0, 1, 2});
  three.images = three.images_with_mask = 3;
  EncodedBatch four = golden_batch();
  four.has_mask[3] = false;
  four.images_with_mask = 3;
  EXPECT_NEAR(value(method.losses(four), "focal"), value(method.losses(three), "focal"), 1e-6);
  EXPECT_NEAR(value(method.losses(four), "dice"), value(method.losses(three), "dice"), 1e-6);
  EXPECT_NEAR(value(method.losses(four), "global"), value(method.losses(golden_batch()), "global"),
              1e-6);
}

TEST(PromptTraining, ABatchWithoutMasksHasNoLocalLoss) {
  const PromptTraining method(text(), tokenizer(), settings(), golden_start());
  EncodedBatch batch = golden_batch();
  batch.has_mask.zero_();
  batch.images_with_mask = 0;
  EXPECT_EQ(value(method.losses(batch), "focal"), 0);
  EXPECT_EQ(value(method.losses(batch), "dice"), 0);
  EXPECT_TRUE(total(method.losses(batch)).requires_grad());
}

TEST(PromptTraining, EachTermCanBeAlone) {
  for (const char* name : {"global", "focal", "dice"}) {
    PromptTrainingSettings one = settings();
    one.global = name == std::string("global");
    one.focal = name == std::string("focal");
    one.dice = name == std::string("dice");
    const PromptTraining method(text(), tokenizer(), one, golden_start());
    const auto terms = method.losses(golden_batch());
    ASSERT_EQ(terms.size(), 1u);
    const PromptTraining all(text(), tokenizer(), settings(), golden_start());
    EXPECT_NEAR(value(terms, name), value(all.losses(golden_batch()), name), 1e-6);
  }
  PromptTrainingSettings none = settings();
  none.global = none.focal = none.dice = false;
  expect_error(
      ErrorCode::kSettings, [&] { PromptTraining(text(), tokenizer(), none, golden_start()); },
      "nothing to minimise");
}

TEST(PromptTraining, SharedContextsAreOneParameterAndBothInTheFile) {
  const testing::TemporaryFolder folder;
  PromptTrainingSettings shared = settings();
  shared.shape.shared = true;
  const PromptTraining method(text(), tokenizer(), shared, golden_start());
  EXPECT_EQ(method.parameters().size(), 9u);
  total(method.losses(golden_batch())).backward();
  EXPECT_TRUE(method.parameters()[0].second.grad().defined());
  method.save(folder.file("p.safetensors"), "{}");
  const Safetensors file = read_safetensors(folder.file("p.safetensors"));
  EXPECT_TRUE(file.tensors.at("ctx_pos").equal(file.tensors.at("ctx_neg")));
}

TEST(PromptTraining, ObjectAwarePromptsNameEachImagesClass) {
  PromptTrainingSettings aware = settings();
  aware.object_aware = true;
  const PromptTraining method(text(), tokenizer(), aware, golden_start(), {"metal_nut", "object"});
  EncodedBatch batch = golden_batch();
  batch.class_names = {"object", "object", "metal_nut", "metal_nut"};
  batch.all_class_names = {"metal_nut", "object"};
  const PromptTraining agnostic(text(), tokenizer(), settings(), golden_start());
  PromptTrainingSettings nut = settings();
  nut.recipe.class_name = "metal nut";
  const PromptTraining nuts(text(), tokenizer(), nut, golden_start());
  const double expected = value(agnostic.losses(golden_batch({0, 1})), "global") +
                          value(nuts.losses(golden_batch({2, 3})), "global");
  EXPECT_NEAR(value(method.losses(batch), "global"), expected, 1e-6);
}

TEST(PromptTraining, TheFileSaysWhatItWasTrainedFor) {
  const testing::TemporaryFolder folder;
  const PromptTraining method(text(), tokenizer(), settings(), golden_start());
  method.save(folder.file("p.safetensors"), R"({"epochs":3})");
  const auto prompts = Prompts::load(folder.file("p.safetensors"));
  EXPECT_EQ(prompts->features, (std::vector<int>{2, 6, 7, 8}));
  EXPECT_EQ(prompts->image_size, 56);
  EXPECT_EQ(prompts->abnormal_template, "damaged {}");
  EXPECT_EQ(prompts->metadata.at("training"), R"({"epochs":3})");
  const at::Tensor expected =
      PromptLearner(text(), tokenizer(), golden_start(), {"{}", "damaged {}", "object"})
          .text_features();
  EXPECT_LE(max_difference(at::tensor(prompts->text_features).reshape({2, 48}), expected), 1e-6);
}

}  // namespace
}  // namespace anomalyclip::trainer
