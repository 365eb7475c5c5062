#pragma once

#include <cstdint>

#include <ATen/core/Generator.h>

#include "model/clip_config.h"
#include "text/prompt_learner.h"

namespace anomalyclip::trainer {

/// How much there is to learn (paper section 4.1 and figure 8).
struct PromptShape {
  int context = 12;  ///< E: learned tokens before the words
  int depth =
      9;  ///< layers of the text tower with learned tokens, the first one's context included
  int length = 4;       ///< learned tokens in each of the deeper layers
  bool shared = false;  ///< one context for both prompts (Table 9)
  /// The paper's equation 3: tokens are put before the sequence of each of the first `depth` layers. Otherwise they
  /// overwrite positions 1..length of layers 2..depth, as the reference implementation does.
  bool concatenated = false;

  int deep_prompts() const { return concatenated ? depth : depth - 1; }
};

/// Untrained prompts, N(0, 0.02^2), and the generator as it stands afterwards: what it draws next is the shuffling.
struct InitialPrompts {
  LearnedPrompts learned;
  at::Generator generator;
};

/// Draws as the reference implementation does, which initialises a whole CLIP with the same generator before the
/// prompts, and its V-V attention after them: the same seed gives its prompts and its shuffling. Takes some seconds for
/// a large model.
/// @param dpam_layers  layers with a local path: 19 of ViT-L/14's 24
InitialPrompts draw_initial_prompts(const ClipConfig& model, const PromptShape& shape,
                                    int dpam_layers, std::uint64_t seed);

}  // namespace anomalyclip::trainer
