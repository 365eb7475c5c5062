#pragma once

#include <optional>
#include <string>

#include "core/weights.h"
#include "train/choices.h"
#include "train/vand_training.h"

namespace anomalyclip::trainer {

/// Prompts to go on from (the paper's medical setting, Table 3), read whole.
struct PromptsToTune {
  StartingPoint start;
  LearnedPrompts learned;
};

/// Learned contexts: of anomalyclip, or of coop.
/// @param method   that is trained
/// @param weights  the model, loaded
/// @throws Error kMismatch (prompts of another model: both fingerprints; of another method; a file that holds no
///         learned tokens), and as Prompts::load()
PromptsToTune read_prompts_to_tune(const std::string& path, const std::string& method,
                                   const Weights& weights);

/// Adapters to go on from.
struct AdaptersToTune {
  Prompts recipe;
  Adapters adapters;
};

/// @throws Error as read_prompts_to_tune()
AdaptersToTune read_adapters_to_tune(const std::string& path, const Weights& weights);

/// What was published, or, for the demo model, what its own prompts say, since it was made for another size.
StartingPoint published_start(const Weights& weights);

/// A method's own recipe, at the image size of published_start().
Prompts start_of_method(Prompts recipe, const Weights& weights);

}  // namespace anomalyclip::trainer
