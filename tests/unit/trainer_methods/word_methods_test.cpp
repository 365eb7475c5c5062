#include "methods/word_methods.h"

#include <gtest/gtest.h>

#include "expect_error.h"
#include "golden.h"
#include "hashed_weights.h"

namespace anomalyclip::trainer {
namespace {

using testing::expect_error;
using testing::Golden;
using testing::max_difference;

class EveryWordMethod : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Methods, EveryWordMethod, ::testing::ValuesIn(word_methods()));

TEST_P(EveryWordMethod, ItsTextFeaturesAreTheReferences) {
  auto tensors = testing::hashed_tensors(testing::kTiny);
  const bool gelu = GetParam() == "vand";
  const Weights weights(tensors, {{"activation", gelu ? "gelu" : "quick_gelu"}}, "tiny");
  const TextTransformer text(weights, at::kCPU, at::kFloat);
  const WordMethod method = word_method(GetParam(), text.config());
  const at::Tensor found = text_features(text, Tokenizer(), method.text, "metal_nut");
  EXPECT_LE(max_difference(found, Golden("methods.safetensors")["text." + GetParam()]), 1e-5);
  EXPECT_EQ(method.recipe.method, GetParam());
}

ClipConfig model(std::int64_t resolution, std::int64_t patch, std::int64_t layers) {
  ClipConfig config;
  config.image_resolution = resolution;
  config.patch_size = patch;
  config.vision_layers = layers;
  return config;
}

TEST(WordMethods, EachInspectsAsItsPublishedCodeDoes) {
  const ClipConfig large = model(336, 14, 24), plus = model(240, 16, 12);
  const Prompts clip = word_method("clip", large).recipe;
  EXPECT_EQ(clip.image_size, 518);
  EXPECT_EQ(clip.features, std::vector<int>{24});
  EXPECT_EQ(clip.dpam_from, 0);
  EXPECT_EQ(clip.temperature, 0.07);
  EXPECT_EQ(clip.sigma, 4);
  EXPECT_FALSE(clip.global_ln_post);
  const Prompts windows = word_method("winclip", plus).recipe;
  EXPECT_EQ(windows.image_size, 240);
  EXPECT_EQ(windows.temperature, 0.07);
  EXPECT_EQ(windows.sigma, 0);
  EXPECT_TRUE(windows.global_ln_post);
  EXPECT_FALSE(windows.activation.has_value());
  const Prompts vand = word_method("vand", large).recipe;
  EXPECT_EQ(vand.image_size, 518);
  EXPECT_EQ(vand.features, (std::vector<int>{6, 12, 18, 24}));
  EXPECT_EQ(vand.temperature, 0.01);
  EXPECT_EQ(vand.activation, Activation::kGelu);
  EXPECT_EQ(vand.positions, Interpolation::kBicubic);
}

TEST(WordMethods, HaveAsManySentencesAsPublished) {
  const ClipConfig any = model(336, 14, 24);
  const auto count = [&](const std::string& method) {
    const TextEnsemble text = word_method(method, any).text;
    return std::pair(sentences(text.templates, text.normal, "x").size(),
                     sentences(text.templates, text.abnormal, "x").size());
  };
  EXPECT_EQ(count("clip"), std::pair(std::size_t(1), std::size_t(1)));
  EXPECT_EQ(count("clip-ac"), std::pair(std::size_t(80), std::size_t(80)));
  EXPECT_EQ(count("winclip"), std::pair(std::size_t(7 * 21), std::size_t(4 * 21)));
  EXPECT_EQ(count("vand"), std::pair(std::size_t(7 * 35), std::size_t(5 * 35)));
}

TEST(WordMethods, TheClassNameStandsInTheStateAndTheStateInTheTemplate) {
  EXPECT_EQ(sentences({"a photo of the {}.", "a {}."}, {"flawless {}", "{} with flaw"}, "pcb 1"),
            (std::vector<std::string>{"a photo of the flawless pcb 1.", "a flawless pcb 1.",
                                      "a photo of the pcb 1 with flaw.", "a pcb 1 with flaw."}));
}

TEST(WordMethods, LayersAreQuartersOfAnyDepth) {
  EXPECT_EQ(four_layers(model(224, 16, 12)), (std::vector<int>{3, 6, 9, 12}));
  EXPECT_EQ(four_layers(model(224, 16, 6)), (std::vector<int>{1, 3, 4, 6}));
  EXPECT_EQ(four_layers(model(224, 16, 2)), (std::vector<int>{1, 2}));
}

TEST(WordMethods, NamesThatMakeNoSentenceAreRefused) {
  const TextTransformer text(testing::hashed_weights(testing::kTiny), at::kCPU, at::kFloat);
  const Tokenizer tokenizer;
  const TextEnsemble words = word_method("clip", text.config()).text;
  expect_error(
      ErrorCode::kSettings, [&] { text_features(text, tokenizer, words, " "); },
      "a class's name is needed");
  std::string longest;
  for (int i = 0; i < 80; ++i) longest += "very ";
  expect_error(
      ErrorCode::kSettings, [&] { text_features(text, tokenizer, words, longest + "long"); },
      "this model reads 77", "shorten");
  EXPECT_THROW(word_method("patchcore", text.config()), Error);
}

}  // namespace
}  // namespace anomalyclip::trainer
