#pragma once

#include <vector>

#include "shape.h"

namespace anomalyclip::pretrain {

/// What the losses are computed from; before any normalisation.
struct ImageFeatures {
  at::Tensor
      global;  ///< [B, E]: class token times proj, without ln_post, as AnomalyCLIP scores (spec 4)
  at::Tensor caption;  ///< [B, E]: with ln_post, as CLIP compares images and captions
  std::vector<at::Tensor>
      patches;  ///< [B, P, E] for each tapped layer: ln_post, proj, class token left out
};

/// The vision tower with DPAM (spec 3), differentiable. The arithmetic runs in the images' dtype (bfloat16 or
/// float32). VisionTransformer computes the same for inference; a test compares them.
/// @param images  [B, 3, S, S], S a multiple of the patch size; positions are interpolated to it
ImageFeatures encode_images(const Tensors& weights, const Shape& shape, const at::Tensor& images);

/// The text tower on embedded tokens, causal (spec 1.6).
/// @param tokens  [B, T, W] before positions are added
/// @param eot     [B] int64: the end-of-text token's place
/// @param deep    deep prompts (spec 5): deep[j] overwrites tokens 1.. before block j + 2
/// @returns [B, E], not normalised
at::Tensor encode_tokens(const Tensors& weights, const Shape& shape, const at::Tensor& tokens,
                         const at::Tensor& eot, const std::vector<at::Tensor>& deep = {});

/// [2, E] unit rows of the learned prompts "X ... X object." and "X ... X damaged object.".
/// @param ids  [2, T] int64: the tokens of both, X where the learned contexts go
at::Tensor encode_prompts(const Tensors& weights, const Shape& shape, const at::Tensor& ids,
                          const at::Tensor& eot);

}  // namespace anomalyclip::pretrain
