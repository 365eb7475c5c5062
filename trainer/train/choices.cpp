#include "train/choices.h"

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include <anomalyclip/error.h>

#include "common/joined.h"
#include "train/require.h"

namespace anomalyclip::trainer {
namespace {

template <typename T>
void take(std::optional<T>& mine, const std::optional<T>& other) {
  if (other) mine = other;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

std::vector<AttentionKind> parse_attention(const std::string& text) {
  static const std::map<std::string, AttentionKind> kinds = {{"vv", AttentionKind::kVV},
                                                             {"qq", AttentionKind::kQQ},
                                                             {"kk", AttentionKind::kKK},
                                                             {"qk", AttentionKind::kQK}};
  std::vector<AttentionKind> result;
  for (const std::string& part : split(text, '+')) {
    const auto found = kinds.find(part);
    if (found == kinds.end() || std::ranges::find(result, found->second) != result.end())
      throw Error(
          ErrorCode::kSettings,
          "--dpam should be none, or one or more of vv, qq, kk and qk joined by +, each once, "
          "and is \"" +
              text + "\"");
    result.push_back(found->second);
  }
  return result;
}

/// 6, 12, 18, 24 of 24
std::vector<int> quarters(std::int64_t layers) {
  std::set<int> taps;
  for (int i = 1; i <= 4; ++i) taps.insert(std::max(1, static_cast<int>(layers * i / 4)));
  return {taps.begin(), taps.end()};
}

void resolve_recipe(const Choices& choices, const ClipConfig& model, Prompts& recipe) {
  if (choices.dpam && *choices.dpam == "none") {
    require(choices.dpam_from.value_or(0) == 0,
            "--dpam none has no first layer: leave --dpam-from");
    recipe.dpam_from = 0;
  } else {
    if (choices.dpam) recipe.attention = parse_attention(*choices.dpam);
    recipe.dpam_from = choices.dpam_from.value_or(recipe.dpam_from);
  }
  if (choices.four_layers.value_or(false)) recipe.features = quarters(model.vision_layers);
  if (choices.features) {
    const std::set<int> sorted(choices.features->begin(), choices.features->end());
    recipe.features.assign(sorted.begin(), sorted.end());
  }
  recipe.image_size = choices.image_size.value_or(recipe.image_size);
  if (choices.state_word) recipe.abnormal_template = *choices.state_word + " {}";
  recipe.class_name = choices.class_name.value_or(recipe.class_name);
}

void resolve_shape(const Choices& choices, const ClipConfig& model, bool fixed,
                   PromptShape& shape) {
  const auto changes = [&](const auto& choice, const auto& current) {
    return choice && *choice != current;
  };
  require(
      !fixed || !(changes(choices.context, shape.context) || changes(choices.depth, shape.depth) ||
                  changes(choices.length, shape.length) ||
                  changes(choices.deep_before, shape.concatenated)),
      "--context, --depth, --length and --deep-prompts are those of the prompts that --init "
      "goes on from; leave them");
  // Nine layers as published, where the text tower has them.
  if (!fixed) shape.depth = std::min(shape.depth, static_cast<int>(model.text_layers));
  shape.context = choices.context.value_or(shape.context);
  shape.depth = choices.depth.value_or(shape.depth);
  shape.length = choices.length.value_or(shape.length);
  shape.shared = choices.shared.value_or(shape.shared);
  shape.concatenated = choices.deep_before.value_or(shape.concatenated);
  require(shape.context >= 1, "--context should be at least 1");
  require(shape.length >= 1, "--length should be at least 1");
  require(shape.depth >= 1 && shape.depth <= model.text_layers,
          "--depth should be 1 to " + std::to_string(model.text_layers) +
              ", the layers of this model's text tower, and is " + std::to_string(shape.depth));
}

void resolve_losses(const Choices& choices, PromptTrainingSettings& settings) {
  if (choices.losses) {
    const auto has = [&](const char* name) {
      return std::ranges::find(*choices.losses, name) != choices.losses->end();
    };
    settings.global = has("global");
    settings.focal = has("focal");
    settings.dice = has("dice");
  }
  settings.lambda = choices.lambda.value_or(settings.lambda);
  settings.learning_rate = choices.learning_rate.value_or(settings.learning_rate);
  const auto betas = choices.betas.value_or(std::pair{settings.beta1, settings.beta2});
  settings.beta1 = betas.first;
  settings.beta2 = betas.second;
  require(settings.lambda >= 0, "--lambda should be 0 or above");
  require(settings.learning_rate > 0, "--learning-rate should be above 0");
  require_betas(settings.beta1, settings.beta2);
}

std::vector<Preset> all_presets() {
  using Words = std::vector<std::string>;
  const auto dpam = [](const char* kinds) { return Choices{.dpam = kinds}; };
  const auto losses = [](Words names) { return Choices{.losses = std::move(names)}; };
  const auto word = [](const char* state) { return Choices{.state_word = state}; };
  return {
      {"no-dpam", "plain CLIP features (Table 7 without T1; Table 10, Q-K)", dpam("none")},
      {"object-aware",
       "prompts name each image's class (Table 7 without T2)",
       {.object_aware = true}},
      {"no-deep-prompts", "no learned tokens in deeper layers (Table 7 without T3)", {.depth = 1}},
      {"single-layer",
       "local loss at weight 1 (Table 7 without T4, as the code has it)",
       {.lambda = 1}},
      {"four-layers",
       "layers at each quarter, truly distinct, local loss at weight 1",
       {.four_layers = true, .lambda = 1}},
      {"global-only", "no local loss (Table 5)", losses({"global"})},
      {"local-only", "no global loss (Table 5)", losses({"focal", "dice"})},
      {"untrained", "neither loss: the initial prompts (Table 5)", {.epochs = 0}},
      {"no-focal", "global and Dice (Table 11)", losses({"global", "dice"})},
      {"no-dice", "global and focal (Table 11)", losses({"global", "focal"})},
      {"shared", "one context for both prompts (Table 9)", {.shared = true}},
      {"qq", "Q-Q attention (figure 6)", dpam("qq")},
      {"kk", "K-K attention (figure 6)", dpam("kk")},
      {"qq+kk+vv", "an ensemble of three (Table 10)", dpam("qq+kk+vv")},
      {"qk+qq+kk+vv", "an ensemble of four, CLIP's own among them (Table 10)", dpam("qk+qq+kk+vv")},
      {"anomalous", "\"anomalous\" for \"damaged\" (Tables 13 and 14)", word("anomalous")},
      {"flawed", "\"flawed\" for \"damaged\"", word("flawed")},
      {"defective", "\"defective\" for \"damaged\"", word("defective")},
      {"blemished", "\"blemished\" for \"damaged\"", word("blemished")},
      {"paper",
       "the paper's wording where the published code differs: four layers, weight 1, "
       "deep prompts before the sequence of the first nine layers, Adam's usual betas",
       {.four_layers = true, .deep_before = true, .lambda = 1, .betas = std::pair{0.9, 0.999}}},
  };
}

}  // namespace

void Choices::override_with(const Choices& others) {
  take(dpam, others.dpam);
  take(dpam_from, others.dpam_from);
  take(image_size, others.image_size);
  take(context, others.context);
  take(depth, others.depth);
  take(length, others.length);
  take(epochs, others.epochs);
  take(batch_size, others.batch_size);
  take(features, others.features);
  take(four_layers, others.four_layers);
  take(shared, others.shared);
  take(object_aware, others.object_aware);
  take(deep_before, others.deep_before);
  take(state_word, others.state_word);
  take(class_name, others.class_name);
  take(losses, others.losses);
  take(lambda, others.lambda);
  take(learning_rate, others.learning_rate);
  take(mosaics, others.mosaics);
  take(betas, others.betas);
}

const std::vector<Preset>& presets() {
  static const std::vector<Preset> all = all_presets();
  return all;
}

const Preset& find_preset(const std::string& name) {
  std::vector<std::string> names;
  for (const Preset& preset : presets()) {
    if (preset.name == name) return preset;
    names.push_back(preset.name);
  }
  throw Error(ErrorCode::kSettings,
              "There is no preset \"" + name + "\"; there are: " + joined(names, ", "));
}

PromptTrainingSettings resolve(const Choices& choices, StartingPoint start,
                               const ClipConfig& model) {
  PromptTrainingSettings settings;
  settings.recipe = std::move(start.recipe);
  settings.shape = start.shape;
  resolve_recipe(choices, model, settings.recipe);
  resolve_shape(choices, model, start.fixed_shape, settings.shape);
  settings.object_aware = choices.object_aware.value_or(false);
  resolve_losses(choices, settings);
  return settings;
}

}  // namespace anomalyclip::trainer
