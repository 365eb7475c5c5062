#include "train/choices.h"

#include <gmock/gmock.h>

#include "common/published_recipe.h"
#include "expect_error.h"

namespace anomalyclip::trainer {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;

ClipConfig model() {
  ClipConfig config;
  config.patch_size = 14;
  config.vision_layers = 24;
  config.text_layers = 12;
  return config;
}

PromptTrainingSettings resolved(const Choices& choices) {
  return resolve(choices, {published_recipe(model()), {}, false}, model());
}

TEST(Choices, TheDefaultsGaveThePublishedNumbers) {
  const PromptTrainingSettings settings = resolved({});
  EXPECT_EQ(settings.recipe.image_size, 518);
  EXPECT_EQ(settings.recipe.dpam_from, 6);
  EXPECT_THAT(settings.recipe.attention, ElementsAre(AttentionKind::kVV));
  EXPECT_THAT(settings.recipe.features, ElementsAre(24));
  EXPECT_EQ(settings.recipe.temperature, 0.07);
  EXPECT_EQ(settings.shape.context, 12);
  EXPECT_EQ(settings.shape.depth, 9);
  EXPECT_EQ(settings.shape.length, 4);
  EXPECT_FALSE(settings.shape.shared || settings.shape.concatenated || settings.object_aware);
  EXPECT_TRUE(settings.global && settings.focal && settings.dice);
  EXPECT_EQ(settings.lambda, 4);
  EXPECT_EQ(settings.learning_rate, 1e-3);
  EXPECT_EQ(settings.beta1, 0.5);
  EXPECT_EQ(settings.beta2, 0.999);
}

TEST(Choices, ThePapersWordingIsAPreset) {
  const PromptTrainingSettings settings = resolved(find_preset("paper").choices);
  EXPECT_THAT(settings.recipe.features, ElementsAre(6, 12, 18, 24));
  EXPECT_EQ(settings.lambda, 1);
  EXPECT_TRUE(settings.shape.concatenated);
  EXPECT_EQ(settings.shape.deep_prompts(), 9);
  EXPECT_EQ(settings.beta1, 0.9);
}

TEST(Choices, EveryPresetCanBeTrained) {
  for (const Preset& preset : presets()) EXPECT_NO_THROW(resolved(preset.choices)) << preset.name;
  EXPECT_EQ(resolved(find_preset("no-dpam").choices).recipe.dpam_from, 0);
  EXPECT_EQ(resolved(find_preset("no-deep-prompts").choices).shape.deep_prompts(), 0);
  EXPECT_EQ(resolved(find_preset("flawed").choices).recipe.abnormal_template, "flawed {}");
  EXPECT_THAT(resolved(find_preset("qq+kk+vv").choices).recipe.attention,
              ElementsAre(AttentionKind::kQQ, AttentionKind::kKK, AttentionKind::kVV));
  EXPECT_FALSE(resolved(find_preset("global-only").choices).focal);
  EXPECT_FALSE(resolved(find_preset("local-only").choices).global);
}

TEST(Choices, WhatIsSaidOneByOneOverridesThePreset) {
  Choices choices = find_preset("paper").choices;
  choices.override_with({.features = std::vector<int>{24, 12}, .lambda = 2});
  const PromptTrainingSettings settings = resolved(choices);
  EXPECT_THAT(settings.recipe.features, ElementsAre(12, 24));
  EXPECT_EQ(settings.lambda, 2);
  EXPECT_TRUE(settings.shape.concatenated);
}

TEST(Choices, ASmallTextTowerGetsDeepPromptsInAllItsLayers) {
  ClipConfig small = model();
  small.text_layers = 3;
  EXPECT_EQ(resolve({}, {published_recipe(small), {}, false}, small).shape.depth, 3);
}

TEST(Choices, RefuseWhatMakesNoSense) {
  const auto refused = [](const Choices& choices, const std::string& text) {
    expect_error(
        ErrorCode::kSettings, [&] { resolved(choices); }, text);
  };
  refused({.dpam = "vk"}, "--dpam should be none, or one or more of vv, qq, kk and qk");
  refused({.dpam = "vv+vv"}, "each once");
  refused({.depth = 13}, "--depth should be 1 to 12");
  refused({.context = 0}, "--context should be at least 1");
  refused({.betas = std::pair{0.5, 1.0}}, "--betas should be");
  expect_error(
      ErrorCode::kSettings, [] { find_preset("best"); }, "no preset \"best\"", "no-dpam");
}

TEST(Choices, PromptsToGoOnFromKeepTheirShape) {
  const StartingPoint start{published_recipe(model()), {.context = 16}, true};
  EXPECT_EQ(resolve({}, start, model()).shape.context, 16);
  EXPECT_EQ(resolve({.context = 16}, start, model()).shape.context, 16);
  expect_error(
      ErrorCode::kSettings, [&] { resolve({.context = 12}, start, model()); }, "--init");
}

}  // namespace
}  // namespace anomalyclip::trainer
