#pragma once

#include <optional>
#include <string>

#include "core/weights.h"
#include "train/choices.h"

namespace anomalyclip::trainer {

/// Prompts to go on from (the paper's medical setting, Table 3), read whole.
struct PromptsToTune {
  StartingPoint start;
  LearnedPrompts learned;
};

/// @param weights  the model, loaded
/// @throws Error kMismatch (prompts of another model: both fingerprints; a file that holds no learned tokens), and as
///         Prompts::load()
PromptsToTune read_prompts_to_tune(const std::string& path, const Weights& weights);

/// What was published, or, for the demo model, what its own prompts say, since it was made for another size.
StartingPoint published_start(const std::string& model_path, const Weights& weights);

}  // namespace anomalyclip::trainer
