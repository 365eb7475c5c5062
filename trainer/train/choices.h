#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/clip_config.h"
#include "train/prompt_training.h"

namespace anomalyclip::trainer {

/// What a person, or a preset, decides about the training of prompts; the rest is as published.
struct Choices {
  std::optional<std::string> dpam{};  ///< "vv", "qq", "kk", several joined by "+", or "none"
  std::optional<int> dpam_from{}, image_size{}, context{}, depth{}, length{}, epochs{},
      batch_size{};
  std::optional<std::vector<int>> features{};
  std::optional<bool> four_layers{};  ///< tap the layers at each quarter: 6, 12, 18, 24 of 24
  std::optional<bool> shared{}, object_aware{}, deep_before{};
  std::optional<std::string> state_word{}, class_name{};
  std::optional<std::vector<std::string>> losses{};  ///< of global, focal, dice
  std::optional<double> lambda{}, learning_rate{}, mosaics{};
  std::optional<std::pair<double, double>> betas{};

  /// What `others` decide takes the place of what these do.
  void override_with(const Choices& others);
};

/// A named set of choices: a row of one of the paper's ablations.
struct Preset {
  std::string name, about;
  Choices choices;
};

const std::vector<Preset>& presets();

/// @throws Error kSettings (no such preset: names those there are)
const Preset& find_preset(const std::string& name);

/// Where training starts: what the prompts to go on from say, or what was published.
struct StartingPoint {
  Prompts recipe;
  PromptShape shape;
  bool fixed_shape = false;  ///< the learned tokens come from a file, and keep their number
};

/// @throws Error kSettings (a value out of range, or not changeable when going on from prompts: says which)
PromptTrainingSettings resolve(const Choices& choices, StartingPoint start,
                               const ClipConfig& model);

}  // namespace anomalyclip::trainer
