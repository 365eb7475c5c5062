#pragma once

#include <vector>

#include <anomalyclip/prompts.h>

namespace anomalyclip {

/// What to read off the image tower. Nothing else is computed.
struct VisionRequest {
  /// Layers whose patch tokens to return, from 1, ascending, distinct; may be empty.
  std::vector<int> features;
  /// First layer with a local path; 0: none, which is plain CLIP.
  int dpam_from = 0;
  /// Of the local path; several: an ensemble.
  std::vector<AttentionKind> attention = {AttentionKind::kVV};
  /// Whether to return the image's global feature.
  bool want_global = true;

  /// Whether this layer (from 1) has a local path.
  bool has_dpam_at(int layer) const { return dpam_from > 0 && layer >= dpam_from; }
};

}  // namespace anomalyclip
