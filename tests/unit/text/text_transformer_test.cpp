#include "text/text_transformer.h"

#include <gmock/gmock.h>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

#include <gtest/gtest.h>

#include <anomalyclip/error.h>

#include "golden.h"
#include "hashed_weights.h"
#include "text/prompt_learner.h"

namespace anomalyclip {
namespace {

using testing::Golden;
using ::testing::HasSubstr;
using testing::max_difference;
using ::testing::ThrowsMessage;

const Golden& golden() {
  static const Golden tiny("tiny.safetensors");
  return tiny;
}

const TextTransformer& tiny() {
  static const TextTransformer model(testing::hashed_weights(testing::kTiny), at::kCPU, at::kFloat);
  return model;
}

const Tokenizer& tokenizer() {
  static const Tokenizer shared;
  return shared;
}

/// The prompts that the golden text features were computed with.
LearnedPrompts prompts(std::int64_t width = 64) {
  LearnedPrompts learned;
  const auto noise = [](std::uint64_t seed, at::IntArrayRef shape) {
    return testing::noise(seed, shape, 0.07f);
  };
  learned.ctx_pos = noise(3000, {1, 1, 12, width});
  learned.ctx_neg = noise(3001, {1, 1, 12, width});
  for (std::uint64_t i = 0; i < 8; ++i)
    learned.compound_prompts_text.push_back(noise(3002 + i, {4, width}));
  return learned;
}

TEST(TextTransformer, CaptionsAreTheReferences) {
  const at::Tensor ids = tokenizer()({"a photo of a damaged metal nut.", "a flawless screw"});
  EXPECT_EQ(max_difference(ids, golden()["clip_text.ids"]), 0);
  EXPECT_LE(max_difference(tiny().forward(ids), golden()["clip_text.features"]), 1e-4);
}

TEST(TextTransformer, ATextDoesNotDependOnItsPaddingOrItsNeighbours) {
  const at::Tensor both = tokenizer()({"a photo of a damaged metal nut.", "a flawless screw"});
  const at::Tensor alone = tokenizer()({"a flawless screw"}, 10);
  EXPECT_LE(max_difference(tiny().forward(alone)[0], tiny().forward(both)[1]), 1e-5);
}

TEST(TextTransformer, BFloat16IsNear) {
  const TextTransformer model(testing::hashed_weights(testing::kTiny), at::kCPU, at::kBFloat16);
  const at::Tensor found = model.forward(golden()["clip_text.ids"]);
  EXPECT_EQ(found.scalar_type(), at::kFloat);
  // Features of order 1; bfloat16 keeps 8 bits, over 10 layers.
  EXPECT_LE(max_difference(found, golden()["clip_text.features"]), 0.03);
}

TEST(TextTransformer, RefusesTokensBeyondItsVocabulary) {
  testing::ClipDimensions small = testing::kTiny;
  small.vocabulary = 512;
  const TextTransformer model(testing::hashed_weights(small), at::kCPU, at::kFloat);
  EXPECT_THAT(
      [&] { model.forward(tokenizer()({"object"})); },
      ThrowsMessage<Error>(HasSubstr("Token 49407 is beyond this model's vocabulary of 512")));
}

TEST(TextTransformer, RefusesAModelWithoutOne) {
  std::map<std::string, at::Tensor> tensors = testing::hashed_tensors(testing::kTiny);
  std::erase_if(tensors, [](const auto& item) { return !item.first.starts_with("visual."); });
  EXPECT_THAT(
      [&] { TextTransformer(Weights(tensors, {}, "v.safetensors"), at::kCPU, at::kFloat); },
      ThrowsMessage<Error>(HasSubstr("v.safetensors has no tensor \"token_embedding.weight\"")));
}

TEST(PromptLearner, TextFeaturesAreTheReferences) {
  const PromptLearner learner(tiny(), tokenizer(), prompts());
  EXPECT_LE(max_difference(learner.text_features(), golden()["text_features"]), 1e-5);
  EXPECT_LE(max_difference(learner.text_features(/*round_deep_to_half=*/true),
                           golden()["text_features.deep_rounded_to_half"]),
            1e-5);
}

TEST(PromptLearner, DeepPromptsCanStandBeforeTheSequenceAsThePaperWordsIt) {
  LearnedPrompts learned = prompts();
  learned.concatenated = true;
  const at::Tensor found = PromptLearner(tiny(), tokenizer(), learned).text_features();
  EXPECT_LE(max_difference(found, Golden("deep_prompts_before.safetensors")["text_features"]),
            1e-5);
}

TEST(PromptLearner, RoundingDeepPromptsToHalfIsVisible) {
  EXPECT_GT(
      max_difference(golden()["text_features"], golden()["text_features.deep_rounded_to_half"]),
      2e-5);
}

TEST(PromptLearner, RowsAreOfUnitLength) {
  const at::Tensor norms =
      PromptLearner(tiny(), tokenizer(), prompts()).text_features().norm(2, {1});
  EXPECT_LE(max_difference(norms, at::zeros({2}) + 1), 1e-6);
}

TEST(PromptLearner, WordsAndClassNameEnterThePrompt) {
  const at::Tensor object = PromptLearner(tiny(), tokenizer(), prompts()).text_features();
  const PromptLearner other(tiny(), tokenizer(), prompts(),
                            {.normal = "flawless {}", .class_name = "metal nut"});
  EXPECT_GT(max_difference(other.text_features()[0], object[0]), 0.01);
  EXPECT_GT(max_difference(other.text_features()[1], object[1]), 0.01);
}

TEST(PromptLearner, GradientsReachEveryLearnedPrompt) {
  const at::AutoGradMode with_gradients(true);
  LearnedPrompts learned = prompts();
  learned.ctx_pos.requires_grad_();
  learned.ctx_neg.requires_grad_();
  for (at::Tensor& prompt : learned.compound_prompts_text) prompt.requires_grad_();
  const PromptLearner learner(tiny(), tokenizer(), learned);
  const at::Tensor features = learner.text_features();
  EXPECT_LE(max_difference(features.detach(), golden()["text_features"]), 1e-5);
  features[0][0].backward();
  EXPECT_GT(learned.ctx_pos.grad().abs().max().item<float>(), 0);
  EXPECT_EQ(learned.ctx_neg.grad().abs().max().item<float>(), 0)
      << "row 0 does not read the abnormal context";
  for (const at::Tensor& prompt : learned.compound_prompts_text)
    EXPECT_GT(prompt.grad().abs().max().item<float>(), 0);
}

TEST(PromptLearner, RefusesPromptsOfAnotherModel) {
  EXPECT_THAT([] { PromptLearner(tiny(), tokenizer(), prompts(128)); },
              ThrowsMessage<Error>(HasSubstr("\"ctx_pos\" should have shape [1, 1, E, 64] (this "
                                             "model's text width), and has [1, 1, 12, 128]")));
  LearnedPrompts deep = prompts();
  deep.compound_prompts_text[3] = at::zeros({4, 32});
  EXPECT_THAT([&] { PromptLearner(tiny(), tokenizer(), deep).text_features(); },
              ThrowsMessage<Error>(
                  HasSubstr("should have shape [t, 64] with t below 77, and has [4, 32]")));
  deep = prompts();
  deep.compound_prompts_text.resize(10, deep.compound_prompts_text[0]);
  EXPECT_THAT(
      [&] { PromptLearner(tiny(), tokenizer(), deep).text_features(); },
      ThrowsMessage<Error>(HasSubstr(
          "deep prompts for 10 layers after the first, and this model's text tower has 9")));
}

TEST(PromptLearner, RefusesMoreWordsThanTheModelReads) {
  std::string many;
  for (int i = 0; i < 70; ++i) many += "word ";
  EXPECT_THAT(
      [&] { PromptLearner(tiny(), tokenizer(), prompts(), {.class_name = many}); },
      ThrowsMessage<Error>(HasSubstr("makes a prompt of 85 tokens, and this model reads 77")));
}

}  // namespace
}  // namespace anomalyclip
