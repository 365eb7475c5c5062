#pragma once

#include <ATen/core/Tensor.h>

#include "engine/resolved_recipe.h"
#include "model/vision_transformer.h"

namespace anomalyclip {

/// What a method makes of one frame's features.
struct MethodScores {
  at::Tensor image;  ///< [1] in [0, 1]: the method's own image score; undefined where not asked for
  at::Tensor map;    ///< [1, H, W] in [0, 1], as the image; undefined where not asked for
};

/// Text features alone: anomalyclip, clip, clip-ac, coop (paper section 3.2 and 3.4).
/// @param features  of a batch of one, as the recipe's request has them; so below
MethodScores score_by_text(const VisionFeatures& features, const ResolvedRecipe& recipe);

/// WinCLIP, and with references WinCLIP+. The map is the harmonic mean of the scores of 2 x 2 and 3 x 3
/// windows and of the whole image; with references, the mean of it and of the distances to them, and
/// half of the image score is the map of distances at its largest.
MethodScores score_by_windows(const VisionFeatures& features, const ResolvedRecipe& recipe);

/// VAND (APRIL-GAN). The map is the mean over layers of the adapted tokens' abnormal probability, whose
/// logits are upsampled; with references, the mean of it and of the distances to them, at most 1, and
/// half of the image score is the map at its largest. (The reference implementation rescales that
/// over a whole test set, which a single frame does not have.)
MethodScores score_by_adapters(const VisionFeatures& features, const ResolvedRecipe& recipe);

}  // namespace anomalyclip
