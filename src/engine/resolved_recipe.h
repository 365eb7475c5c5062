#pragma once

#include <memory>
#include <optional>

#include <anomalyclip/engine.h>

#include "core/size.h"
#include "model/vision_transformer.h"

namespace anomalyclip {

/// How the features become scores; see method_scores.h.
enum class Scoring { kText, kWindows, kAdapters };

/// A recipe with the prompts' own values filled in: what is left to decide is nothing.
struct ResolvedRecipe {
  std::shared_ptr<const Prompts> prompts;
  int image_size = 0;        ///< of a whole frame
  bool keeps_scale = false;  ///< an image of a part of the frame is as much smaller
  Size image;                ///< what is encoded: pixels,
  Size grid;                 ///< and patches
  ScoreMode score = ScoreMode::kGlobal;
  std::optional<double> threshold, pixel_threshold;
  bool want_map = false;  ///< in the result
  bool need_map = false;  ///< by the result, the score or the regions
  Scoring scoring = Scoring::kText;
  bool few_shot = false;  ///< the prompts hold references
  VisionRequest vision;   ///< only what this recipe looks at

  /// @throws Error kSettings, kMismatch: see Engine::check
  static ResolvedRecipe of(const Recipe& recipe, const ModelInfo& model);

  /// Sets `image` and `grid` for this part of frames of this size, which is the whole frame until then.
  void look_at(const Rect& part, int frame_width, int frame_height);

  /// Whether frames of both recipes can be encoded in one batch.
  bool encodes_like(const ResolvedRecipe& other) const;
};

}  // namespace anomalyclip
