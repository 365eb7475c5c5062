#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include <anomalyclip/prompts.h>

namespace anomalyclip {

/// What to read off the image tower. Nothing else is computed.
struct VisionRequest {
  /// Layers whose patch tokens to return, from 1, ascending, distinct; may be empty.
  std::vector<int> features;
  /// First layer with a local path; 0: none, which is plain CLIP.
  int dpam_from = 0;
  /// Of the local path; several: an ensemble. kQK adds no path: it reads the original one.
  std::vector<AttentionKind> attention = {AttentionKind::kVV};
  /// Whether to return the image's global feature.
  bool want_global = true;
  /// Whether ln_post comes before the global feature's projection: CLIP has it, the reference
  /// implementation of AnomalyCLIP has not.
  bool global_ln_post = false;
  /// Whether the tapped tokens come as the layer leaves them, without ln_post and projection.
  bool raw_features = false;
  /// Sides, in patches, of the square windows that are encoded one by one (WinCLIP); may be empty.
  std::vector<int> windows = {};
  Interpolation positions = Interpolation::kBilinear;
  /// Unset: the model's own.
  std::optional<Activation> activation = std::nullopt;

  bool operator==(const VisionRequest&) const = default;

  bool has(AttentionKind kind) const {
    return std::find(attention.begin(), attention.end(), kind) != attention.end();
  }

  /// Whether this layer (from 1) has a local path.
  bool has_dpam_at(int layer) const { return dpam_from > 0 && layer >= dpam_from; }
};

}  // namespace anomalyclip
