#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace anomalyclip::pretrain {

/// Tensors by OpenAI's names, and the prompt learner's: ctx_pos, ctx_neg, compound_prompts_text.{i}.
using Tensors = std::map<std::string, at::Tensor>;

/// The demo model: a CLIP ViT small enough for two CPU cores.
struct Shape {
  std::int64_t width = 128, layers = 6, patch = 12, resolution = 336, embed = 128;
  /// Pixels that the prompts ask for: more than training shows, because a part on a belt is small, and what training shows in
  /// windows is as large as that. No more than 60 frames a second allow on two cores (docs/performance.md).
  int inspect_at = 360;
  std::int64_t text_width = 64, text_layers = 3, context = 77;
  std::int64_t vocabulary =
      49408;  ///< rows of token_embedding; while training only the tokens that occur
  std::int64_t prompt_length = 12, deep_prompt_length = 4;  ///< paper section 3.3
  int dpam_from = 5;                                        ///< first layer with a local path
  std::vector<int> features{4, 5, 6};                       ///< layers whose maps are averaged

  std::int64_t grid() const { return resolution / patch; }
};

inline constexpr float kTemperature = 0.07f;

/// Weights to start from. Filters of conv1 are cosines, positions sines, keys resemble queries and an attention's
/// output undoes its values: learning begins at something that already compares patches.
Tensors initial_weights(const Shape& shape, std::uint64_t seed);

/// Scales the filters of conv1 so that each varies alike from patch to patch of the same picture: the layer norm that
/// follows then keeps fine structure, which brightness would drown.
/// @param images  [B, 3, S, S] float32, CLIP-normalised
void equalize_filters(Tensors& weights, const Shape& shape, const at::Tensor& images);

}  // namespace anomalyclip::pretrain
