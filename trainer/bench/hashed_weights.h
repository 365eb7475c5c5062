#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <ATen/core/Tensor.h>

#include "core/weights.h"

namespace anomalyclip::bench {

/// The dimensions of a CLIP ViT; heads are always 64 wide.
struct ClipDimensions {
  std::int64_t embed_dim, image_resolution, patch_size, vision_width, vision_layers, text_width,
      text_layers;
  std::int64_t context_length = 77, vocabulary = 49408;
};

inline constexpr ClipDimensions kTiny{48, 56, 14, 128, 8, 64, 10};
inline constexpr ClipDimensions kViTB16{512, 224, 16, 768, 12, 512, 12};
inline constexpr ClipDimensions kViTL14At336{768, 336, 14, 1024, 24, 768, 12};

/// n float32 in [-0.5, 0.5): element j is the top 24 bits of splitmix64(seed * 2^40 + j), / 2^24 -
/// 0.5.
at::Tensor splitmix_uniform(std::uint64_t seed, at::IntArrayRef shape);

/// splitmix_uniform scaled: 3.4641016 gives unit variance.
at::Tensor noise(std::uint64_t seed, at::IntArrayRef shape, float scale = 3.4641016f);

/// Weights of any size that golden files were computed with: parameter k, in the order of OpenAI's
/// state dict, draws from seed k. A layer norm's weight is 1 + 0.2 u, a bias 0.1 u, an embedding 2
/// u, a matrix or a convolution u * sqrt(12 / fan_in), logit_scale ln(1 / 0.07).
std::map<std::string, at::Tensor> hashed_tensors(const ClipDimensions& dimensions);
Weights hashed_weights(const ClipDimensions& dimensions);

}  // namespace anomalyclip::bench
