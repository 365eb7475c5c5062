#pragma once

#include <cstdint>

#include <anomalyclip/prompts.h>

#include "core/weights.h"

namespace anomalyclip {

/// Width of one attention head, in every model of the family.
inline constexpr std::int64_t kHeadWidth = 64;

/// The dimensions of a CLIP ViT.
struct ClipConfig {
  std::int64_t embed_dim = 0;         ///< D: the space that images and texts share
  std::int64_t image_resolution = 0;  ///< pixels, what the position embedding was trained for
  std::int64_t patch_size = 0;        ///< pixels
  std::int64_t vision_width = 0;
  std::int64_t vision_layers = 0;
  std::int64_t text_width = 0;  ///< 0, as are the next three: the file holds no text tower
  std::int64_t text_layers = 0;
  std::int64_t context_length = 0;  ///< tokens
  std::int64_t vocabulary = 0;      ///< tokens
  Activation activation = Activation::kQuickGelu;

  std::int64_t vision_heads() const { return vision_width / kHeadWidth; }
  std::int64_t text_heads() const { return text_width / kHeadWidth; }
  /// Patches along one side at the trained size.
  std::int64_t grid() const { return image_resolution / patch_size; }
  bool has_text() const { return text_layers > 0; }

  /// Reads every dimension off the tensors' shapes, and the activation off the metadata
  /// (`activation`: `quick_gelu`, the default, or `gelu`).
  /// @throws Error kMismatch: names the key, what was expected and what was found
  static ClipConfig infer(const Weights& weights);
};

}  // namespace anomalyclip
