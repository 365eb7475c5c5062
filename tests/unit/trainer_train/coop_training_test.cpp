#include "train/coop_training.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/torch.h>

#include <gtest/gtest.h>

#include "checkpoint/safetensors.h"
#include "expect_error.h"
#include "golden.h"
#include "hashed_weights.h"
#include "loop/clip_encoder.h"
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

const TextTransformer& text() {
  static const TextTransformer tower(weights(), at::kCPU, at::kFloat);
  return tower;
}

const Tokenizer& tokenizer() {
  static const Tokenizer shared;
  return shared;
}

CoopSettings settings() {
  CoopSettings settings;
  settings.recipe = coop_recipe(ClipConfig::infer(weights()));
  settings.recipe.image_size = 56;
  settings.recipe.class_name = "metal_nut";
  settings.recipe.model_fingerprint = std::string(64, '0');
  return settings;
}

CoopTraining golden_start() {
  return CoopTraining(text(), tokenizer(), settings(), testing::noise(3100, {1, 1, 16, 64}, 0.07f),
                      {"metal_nut", "bottle"});
}

/// The four golden images, encoded; some of them only, where rows are given.
EncodedBatch golden_batch(const std::vector<std::int64_t>& rows = {0, 1, 2, 3}) {
  VisionRequest request = training_request(settings().recipe);
  request.features.clear();
  const ClipEncoder encoder(weights(), request, 56, at::kCPU, Precision::kFP32);
  const at::Tensor index = at::tensor(rows, at::kLong);
  EncodedBatch batch;
  batch.features.global =
      encoder.encode(testing::noise(6100, {4, 3, 56, 56})).global.clone().index_select(0, index);
  batch.labels = at::tensor({0, 1, 1, 1}, at::kLong).index_select(0, index);
  batch.masks = at::zeros({index.size(0), 56, 56});
  batch.has_mask = at::zeros({index.size(0)}, at::kBool);
  for (const std::int64_t row : rows) batch.class_names.push_back(row % 2 ? "bottle" : "metal_nut");
  batch.all_class_names = {"metal_nut", "bottle"};
  batch.images = 4;
  return batch;
}

TEST(CoopTraining, ThreeStepsAreThoseOfPlainPyTorch) {
  const CoopTraining method = golden_start();
  const EncodedBatch batch = golden_batch();
  const auto optimizer = method.make_optimizer();
  const at::Tensor context = method.parameters().front().second;
  for (std::int64_t step = 0; step < 3; ++step) {
    const std::vector<LossTerm> terms = method.losses(batch);
    ASSERT_EQ(terms.size(), 1u);
    EXPECT_NEAR(terms[0].value.item<double>(),
                golden()["training.coop.losses"][step][0].item<double>(), 1e-5)
        << "step " << step;
    optimizer->zero_grad();
    terms[0].value.backward();
    const at::Tensor expected = golden()["training.coop.gradient.ctx_pos"];
    if (step == 0) {
      EXPECT_LE(max_difference(context.grad(), expected),
                1e-5 * std::max(1.0, expected.abs().max().item<double>()));
    }
    optimizer->step();
  }
  EXPECT_LE(max_difference(context.detach(), golden()["training.coop.after.ctx_pos"]), 1e-5);
}

TEST(CoopTraining, GradientsOfTwoSharesAddUpToTheWholesToTheLastBit) {
  const CoopTraining method = golden_start();
  const auto gradients = [&](const std::vector<std::int64_t>& rows) {
    const EncodedBatch batch = golden_batch(rows);
    const std::vector<at::Tensor> texts = method.bottleneck(batch);
    const at::Tensor loss = method.losses(batch, texts)[0].value;
    return at::stack(torch::autograd::grad({loss}, texts));
  };
  const at::Tensor whole = gradients({0, 1, 2, 3});
  ASSERT_GT(whole.abs().max().item<double>(), 0.1);
  const at::Tensor sum = gradients({0, 3}) + gradients({1, 2});
  EXPECT_TRUE(sum.to(at::kFloat).equal(whole.to(at::kFloat)));
}

TEST(CoopTraining, OneContextIsLearnedAndNothingElse) {
  const CoopTraining method = golden_start();
  ASSERT_EQ(method.parameters().size(), 1u);
  EXPECT_EQ(method.parameters()[0].second.sizes(), (at::IntArrayRef{1, 1, 16, 64}));
}

TEST(CoopTraining, TheFirstEpochWarmsUpAndTheOthersFollowACosine) {
  const CoopTraining method = golden_start();
  EXPECT_EQ(method.learning_rate(1), 1e-5);
  EXPECT_EQ(method.learning_rate(2), 0.002);
  EXPECT_NEAR(method.learning_rate(102), 0.001, 1e-12);
  // The cosine's last step of 200 but the two that the warm-up took: 0.001 (1 - cos(pi / 100)).
  EXPECT_NEAR(method.learning_rate(200), 4.934396e-7, 1e-12);
}

TEST(CoopTraining, TheEpochsAreAmongItsSettings) {
  EXPECT_EQ(golden_start().settings().at("epochs"), "200");
}

TEST(CoopTraining, TheFileIsOfOneClassAndHoldsTheContext) {
  const testing::TemporaryFolder folder;
  const CoopTraining method = golden_start();
  method.save(folder.file("p.safetensors"), R"({"epochs":3})");
  const auto prompts = Prompts::load(folder.file("p.safetensors"));
  EXPECT_EQ(prompts->method, "coop");
  EXPECT_EQ(prompts->temperature, 0.01);
  EXPECT_EQ(prompts->normal_template, "normal {}");
  EXPECT_EQ(prompts->metadata.at("training"), R"({"epochs":3})");
  const at::Tensor context = testing::noise(3100, {1, 1, 16, 64}, 0.07f);
  const at::Tensor expected = PromptLearner(text(), tokenizer(), {context, context, {}, false},
                                            {"normal {}", "anomalous {}", "metal nut"})
                                  .text_features();
  EXPECT_LE(max_difference(at::tensor(prompts->text_features).reshape({2, 48}), expected), 1e-6);
  EXPECT_TRUE(read_safetensors(folder.file("p.safetensors")).tensors.at("ctx_pos").equal(context));
}

TEST(CoopTraining, TheContextIsDrawnFromTheSeed) {
  const auto drawn = [](std::uint64_t seed) {
    return draw_context(16, 512, at::detail::createCPUGenerator(seed));
  };
  EXPECT_TRUE(drawn(1).equal(drawn(1)));
  EXPECT_FALSE(drawn(1).equal(drawn(2)));
  EXPECT_NEAR(drawn(1).std().item<double>(), 0.02, 0.001);
}

}  // namespace
}  // namespace anomalyclip::trainer
