#include "train/method_choices.h"

#include <gmock/gmock.h>

#include "expect_error.h"
#include "methods/word_methods.h"

namespace anomalyclip::trainer {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;

ClipConfig model() {
  ClipConfig config;
  config.patch_size = 14;
  config.vision_layers = 24;
  return config;
}

TEST(MethodChoices, CoOpsDefaultsAreThoseOfItsCode) {
  const CoopSettings settings = resolve_coop({}, coop_recipe(model()), 0);
  EXPECT_EQ(settings.context, 16);
  EXPECT_EQ(settings.epochs, 200);
  EXPECT_EQ(settings.learning_rate, 0.002);
  EXPECT_EQ(settings.momentum, 0.9);
  EXPECT_EQ(settings.weight_decay, 5e-4);
  EXPECT_EQ(settings.warm_up_rate, 1e-5);
  EXPECT_EQ(settings.recipe.temperature, 0.01);
  EXPECT_EQ(settings.recipe.image_size, 518);
  EXPECT_EQ(settings.recipe.abnormal_template, "anomalous {}");
}

TEST(MethodChoices, VandsDefaultsAreThoseOfItsCode) {
  const VandSettings settings = resolve_vand({}, word_method("vand", model()).recipe, false);
  EXPECT_THAT(settings.recipe.features, ElementsAre(6, 12, 18, 24));
  EXPECT_EQ(settings.epochs, 3);
  EXPECT_EQ(settings.learning_rate, 1e-3);
  EXPECT_EQ(settings.beta1, 0.5);
  EXPECT_EQ(settings.beta2, 0.999);
  EXPECT_EQ(settings.mosaics, 0.2);
  EXPECT_EQ(settings.recipe.temperature, 0.01);
  EXPECT_EQ(settings.recipe.activation, Activation::kGelu);
}

TEST(MethodChoices, WhatIsDecidedIsObeyed) {
  const CoopSettings coop = resolve_coop(
      {.image_size = 224, .context = 4, .epochs = 7, .class_name = "nut"}, coop_recipe(model()), 0);
  EXPECT_EQ(coop.recipe.image_size, 224);
  EXPECT_EQ(coop.context, 4);
  EXPECT_EQ(coop.epochs, 7);
  EXPECT_EQ(coop.recipe.class_name, "nut");
  const VandSettings vand = resolve_vand(
      {.features = std::vector<int>{12, 3}, .mosaics = 0.0, .betas = std::pair{0.9, 0.99}},
      word_method("vand", model()).recipe, false);
  EXPECT_THAT(vand.recipe.features, ElementsAre(3, 12));
  EXPECT_EQ(vand.beta1, 0.9);
  EXPECT_EQ(vand.mosaics, 0);
}

TEST(MethodChoices, WhatAMethodDoesNotReadIsRefused) {
  expect_error(
      ErrorCode::kSettings, [] { check_choices("coop", {.dpam = "vv", .lambda = 2}); },
      "the method coop does not read --dpam, --lambda", "It reads --class, --context");
  expect_error(
      ErrorCode::kSettings, [] { check_choices("vand", {.context = 4}); },
      "the method vand does not read --context", "--features");
  expect_error(
      ErrorCode::kSettings, [] { check_choices("anomalyclip", {.mosaics = 0.1}); },
      "the method anomalyclip does not read --mosaics", "--dpam");
  EXPECT_NO_THROW(check_choices("anomalyclip", {.dpam = "vv", .lambda = 2}));
  EXPECT_NO_THROW(check_choices("coop", {.context = 4, .epochs = 3}));
}

TEST(MethodChoices, WhatMakesNoSenseIsRefused) {
  const auto coop = [](const Choices& choices) { resolve_coop(choices, {}, 0); };
  const auto vand = [](const Choices& choices) { resolve_vand(choices, {}, false); };
  expect_error(
      ErrorCode::kSettings, [&] { coop({.context = 0}); }, "--context should be at least 1");
  expect_error(
      ErrorCode::kSettings, [&] { coop({.learning_rate = 0}); }, "--learning-rate");
  expect_error(
      ErrorCode::kSettings,
      [&] {
        vand({.betas = std::pair{1.0, 0.9}});
      },
      "--betas should be");
  expect_error(
      ErrorCode::kSettings, [&] { vand({.mosaics = 1.5}); }, "--mosaics should be");
}

TEST(MethodChoices, WhatIsGoneOnFromKeepsItsShape) {
  EXPECT_EQ(resolve_coop({}, coop_recipe(model()), 5).context, 5);
  expect_error(
      ErrorCode::kSettings, [] { resolve_coop({.context = 16}, coop_recipe(model()), 5); },
      "--init");
  expect_error(
      ErrorCode::kSettings,
      [] {
        resolve_vand({.features = std::vector<int>{3}}, word_method("vand", model()).recipe, true);
      },
      "--init");
}

}  // namespace
}  // namespace anomalyclip::trainer
