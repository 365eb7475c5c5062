#pragma once

#include <memory>
#include <optional>

#include <anomalyclip/engine.h>

#include "model/vision_transformer.h"

namespace anomalyclip {

/// How the features become scores; see method_scores.h.
enum class Scoring { kText, kWindows, kAdapters };

/// A recipe with the prompts' own values filled in: what is left to decide is nothing.
struct ResolvedRecipe {
  std::shared_ptr<const Prompts> prompts;
  int image_size = 0;
  ScoreMode score = ScoreMode::kGlobal;
  std::optional<double> threshold, pixel_threshold;
  bool want_map = false;  ///< in the result
  bool need_map = false;  ///< by the result, the score or the regions
  Scoring scoring = Scoring::kText;
  bool few_shot = false;  ///< the prompts hold references
  VisionRequest vision;   ///< only what this recipe looks at

  /// @throws Error kSettings, kMismatch: see Engine::check
  static ResolvedRecipe of(const Recipe& recipe, const ModelInfo& model);

  /// Whether frames of both recipes can be encoded in one batch.
  bool encodes_like(const ResolvedRecipe& other) const;
};

}  // namespace anomalyclip
