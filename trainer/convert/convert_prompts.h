#pragma once

#include <iosfwd>
#include <string>

namespace anomalyclip::trainer {

struct PromptConversion {
  std::string prompts;  ///< an upstream checkpoint, epoch_15.pth; never executed
  std::string model;    ///< the CLIP that it was trained on, safetensors
  std::string output;
};

/// Turns a prompt checkpoint of the reference implementation (spec section 5) into a prompt file: its text features are
/// computed here, once, so that inference needs no text tower. Deep prompts are rounded to half, as the reference
/// rounds them on their way in; published checkpoints were trained that way. The settings are those of the published
/// results: V-V attention from layer 6 of 24 on, the last layer's features, 518 px, sigma 4, temperature 0.07.
///
/// The embedded words that such a checkpoint carries must be the model's own: prompts of another model are refused.
/// @throws Error kNotFound, kRead, kMismatch (another model, other words, a tensor missing or misshapen), kNotFinite,
///         kSettings
void convert_prompts(const PromptConversion& conversion, std::ostream& report);

}  // namespace anomalyclip::trainer
