#include <ATen/core/Tensor.h>

#include "engine/finite_scores.h"
#include "engine/method_scores.h"
#include "engine/method_tensors.h"
#include "scoring/anomaly_map.h"
#include "scoring/fused_map.h"
#include "scoring/image_score.h"
#include "scoring/similarity.h"

namespace anomalyclip {
namespace {

/// map_of() in two passes.
at::Tensor fused_map_of(const VisionFeatures& features, const at::Tensor& text,
                        const ResolvedRecipe& recipe) {
  const at::Tensor patches = fused_abnormality(features.patches, text, recipe.prompts->temperature);
  require_finite(patches.sum().item<double>(), "the anomaly map");
  return fused_map(patches.unflatten(1, {recipe.grid.height, recipe.grid.width}), recipe.image,
                   recipe.prompts->sigma);
}

/// [1, H, W]: the probabilities of each tapped layer, class token dropped, upsampled and smoothed.
at::Tensor map_of(const VisionFeatures& features, const at::Tensor& text,
                  const ResolvedRecipe& recipe) {
  if (fuses_map(features.patches)) return fused_map_of(features, text, recipe);
  std::vector<at::Tensor> layers;
  for (const auto& ensemble : features.patches) {
    std::vector<at::Tensor> patches;
    for (const at::Tensor& tokens : ensemble)
      patches.push_back(tokens.narrow(1, 1, tokens.size(1) - 1));
    layers.push_back(similarity(patches, text, recipe.prompts->temperature));
    // The upsampled map would spread one NaN without naming its layer; there are few probabilities
    // to look at.
    require_finite(layers.back().sum().item<double>(), "the anomaly map");
  }
  return anomaly_map(layers, recipe.grid, recipe.image, recipe.prompts->sigma);
}

}  // namespace

MethodScores score_by_text(const VisionFeatures& features, const ResolvedRecipe& recipe) {
  const MethodTensors tensors = MethodTensors::of(recipe.prompts, features.device());
  MethodScores scores;
  if (recipe.need_map) scores.map = map_of(features, tensors.text(), recipe);
  if (needs_global(recipe.score))
    scores.image = global_score(features.global, tensors.text(), recipe.prompts->temperature);
  return scores;
}

}  // namespace anomalyclip
