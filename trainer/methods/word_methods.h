#pragma once

#include <string>
#include <vector>

#include <anomalyclip/prompts.h>

#include "methods/text_ensemble.h"
#include "model/clip_config.h"

namespace anomalyclip::trainer {

/// A method whose text features come from words alone.
struct WordMethod {
  TextEnsemble text;
  /// What the prompt file will say, for a model of these dimensions; all but the text features, the
  /// fingerprint and the class.
  Prompts recipe;
};

/// The names that word_method() knows.
const std::vector<std::string>& word_methods();

/// clip, clip-ac, winclip, vand: each with its own words, temperature, image size and way through the image
/// tower, as its published code has them.
/// @throws Error kSettings (not one of them: names them)
WordMethod word_method(const std::string& name, const ClipConfig& model);

/// Inspects as AnomalyCLIP does, through plain CLIP: last layer, no local path, the global feature without ln_post,
/// as in the code that the paper's numbers of clip, clip-ac and coop come from.
Prompts plain_recipe(const std::string& method, const ClipConfig& model);

/// The words behind prompts, as their metadata say them: "{} | flawless {}".
std::string words_text(const std::vector<std::string>& states);

/// The multiple of the patch size that is nearest to 518 pixels, at which the paper inspects.
int published_image_size(const ClipConfig& model);

/// Layers a quarter, half, three quarters and all the way up: 6, 12, 18, 24 of 24.
std::vector<int> four_layers(const ClipConfig& model);

}  // namespace anomalyclip::trainer
