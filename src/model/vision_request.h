#pragma once

#include <vector>

#include <anomalyclip/prompts.h>

namespace anomalyclip {

/// What to read off the image tower. Nothing else is computed.
struct VisionRequest {
  std::vector<int>
      features;  ///< layers whose patch tokens to return, from 1, ascending, distinct; may be empty
  int dpam_from = 0;  ///< first layer with a local path; 0: none, which is plain CLIP
  std::vector<AttentionKind> attention = {
      AttentionKind::kVV};  ///< of the local path; several: an ensemble
  bool want_global = true;  ///< whether to return the image's global feature

  /// Whether this layer (from 1) has a local path.
  bool has_dpam_at(int layer) const { return dpam_from > 0 && layer >= dpam_from; }
};

}  // namespace anomalyclip
