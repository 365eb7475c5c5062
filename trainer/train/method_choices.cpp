#include "train/method_choices.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "common/joined.h"
#include "train/require.h"

namespace anomalyclip::trainer {
namespace {

using Names = std::vector<std::string>;

Names options_read_by(const std::string& method) {
  if (method == "coop")
    return {"--class", "--context", "--image-size", "--epochs", "--batch-size", "--learning-rate"};
  if (method == "vand")
    return {"--class",      "--features",      "--image-size", "--epochs",
            "--batch-size", "--learning-rate", "--betas",      "--mosaics"};
  return {"--dpam",       "--dpam-from",     "--features",     "--image-size", "--context",
          "--depth",      "--length",        "--deep-prompts", "--shared",     "--object-aware",
          "--state-word", "--class",         "--losses",       "--lambda",     "--epochs",
          "--batch-size", "--learning-rate", "--betas"};
}

/// The options by which these choices were made.
Names options_of(const Choices& choices) {
  const std::pair<const char*, bool> all[] = {
      {"--dpam", choices.dpam.has_value()},
      {"--dpam-from", choices.dpam_from.has_value()},
      {"--features", choices.features.has_value()},
      {"--image-size", choices.image_size.has_value()},
      {"--context", choices.context.has_value()},
      {"--depth", choices.depth.has_value()},
      {"--length", choices.length.has_value()},
      {"--deep-prompts", choices.deep_before.has_value()},
      {"--shared", choices.shared.value_or(false)},
      {"--object-aware", choices.object_aware.value_or(false)},
      {"--state-word", choices.state_word.has_value()},
      {"--class", choices.class_name.has_value()},
      {"--losses", choices.losses.has_value()},
      {"--lambda", choices.lambda.has_value()},
      {"--epochs", choices.epochs.has_value()},
      {"--batch-size", choices.batch_size.has_value()},
      {"--learning-rate", choices.learning_rate.has_value()},
      {"--betas", choices.betas.has_value()},
      {"--mosaics", choices.mosaics.has_value()}};
  Names names;
  for (const auto& [name, decided] : all)
    if (decided) names.emplace_back(name);
  return names;
}

}  // namespace

const Names& trained_methods() {
  static const Names methods = {"anomalyclip", "coop", "vand"};
  return methods;
}

void check_choices(const std::string& method, const Choices& choices) {
  const Names read = options_read_by(method);
  Names others = options_of(choices);
  std::erase_if(
      others, [&](const std::string& name) { return std::ranges::find(read, name) != read.end(); });
  require(others.empty(), "the method " + method + " does not read " + joined(others, ", ") +
                              ": leave that out. It reads " + joined(read, ", "));
}

CoopSettings resolve_coop(const Choices& choices, Prompts recipe, int fixed) {
  CoopSettings settings;
  settings.recipe = std::move(recipe);
  settings.recipe.class_name = choices.class_name.value_or(settings.recipe.class_name);
  settings.recipe.image_size = choices.image_size.value_or(settings.recipe.image_size);
  if (fixed > 0) settings.context = fixed;
  require(fixed == 0 || choices.context.value_or(fixed) == fixed,
          "--context is that of the prompts that --init goes on from, " + std::to_string(fixed) +
              "; leave it");
  settings.context = choices.context.value_or(settings.context);
  settings.epochs = choices.epochs.value_or(settings.epochs);
  settings.learning_rate = choices.learning_rate.value_or(settings.learning_rate);
  require(settings.context >= 1, "--context should be at least 1");
  require(settings.learning_rate > 0, "--learning-rate should be above 0");
  return settings;
}

VandSettings resolve_vand(const Choices& choices, Prompts recipe, bool fixed) {
  VandSettings settings;
  settings.recipe = std::move(recipe);
  settings.recipe.class_name = choices.class_name.value_or(settings.recipe.class_name);
  settings.recipe.image_size = choices.image_size.value_or(settings.recipe.image_size);
  if (choices.features) {
    const std::set<int> layers(choices.features->begin(), choices.features->end());
    const std::vector<int> sorted(layers.begin(), layers.end());
    require(!fixed || sorted == settings.recipe.features,
            "--features are those of the adapters that --init goes on from; leave them");
    settings.recipe.features = sorted;
  }
  settings.epochs = choices.epochs.value_or(settings.epochs);
  settings.learning_rate = choices.learning_rate.value_or(settings.learning_rate);
  std::tie(settings.beta1, settings.beta2) =
      choices.betas.value_or(std::pair{settings.beta1, settings.beta2});
  settings.mosaics = choices.mosaics.value_or(settings.mosaics);
  require(settings.learning_rate > 0, "--learning-rate should be above 0");
  require_betas(settings.beta1, settings.beta2);
  require(settings.mosaics >= 0 && settings.mosaics <= 1, "--mosaics should be from 0 to 1");
  return settings;
}

}  // namespace anomalyclip::trainer
