#include <ATen/TensorOperators.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/sigmoid.h>

#include "checkpoint/prompt_tensors.h"
#include "engine/finite_scores.h"
#include "engine/method_scores.h"
#include "engine/method_tensors.h"
#include "scoring/anomaly_map.h"
#include "scoring/image_score.h"
#include "scoring/memory_bank.h"
#include "scoring/similarity.h"

namespace anomalyclip {
namespace {

/// [1, P] -> [1, grid, grid]
at::Tensor as_grid(const at::Tensor& patches) {
  const auto grid = std::llround(std::sqrt(static_cast<double>(patches.size(1))));
  return patches.unflatten(1, {grid, grid});
}

/// Each tapped layer's tokens [1, P, width], class token dropped.
std::vector<at::Tensor> tapped_tokens(const VisionFeatures& features) {
  std::vector<at::Tensor> layers;
  for (const auto& ensemble : features.patches)
    layers.push_back(ensemble[0].narrow(1, 1, ensemble[0].size(1) - 1));
  return layers;
}

/// [1, S, S]: the mean over layers of sigmoid(upsampled logits), which is the softmax of two.
at::Tensor map_by_words(const std::vector<at::Tensor>& layers, const MethodTensors& tensors,
                        const ResolvedRecipe& recipe) {
  const Prompts& prompts = *recipe.prompts;
  at::Tensor sum;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const int layer = prompts.features[i];
    const at::Tensor adapted = at::linear(layers[i], tensors[adapter_key(layer, "weight")],
                                          tensors[adapter_key(layer, "bias")]);  // [1, P, D]
    const at::Tensor logits = logit_difference(adapted, tensors.text(), prompts.temperature);
    require_finite(logits.sum().item<double>(), "the anomaly map");
    const at::Tensor map =
        at::sigmoid(upsample(as_grid(logits), recipe.image_size, /*sigma=*/0, Corners::kAligned));
    sum = sum.defined() ? sum + map : map;
  }
  return sum / static_cast<double>(layers.size());
}

/// [1, S, S]: the mean over layers of the distances to the references.
at::Tensor map_by_references(const std::vector<at::Tensor>& layers, const MethodTensors& tensors,
                             const ResolvedRecipe& recipe) {
  at::Tensor sum;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::string key = reference_key(recipe.prompts->features[i]);
    const at::Tensor distances = distance_to_nearest(layers[i], tensors[key]);  // [1, P]
    require_finite(distances.sum().item<double>(), "the anomaly map");
    sum = sum.defined() ? sum + distances : distances;
  }
  return upsample(as_grid(sum / static_cast<double>(layers.size())), recipe.image_size,
                  /*sigma=*/0, Corners::kAligned);
}

at::Tensor map_of(const VisionFeatures& features, const MethodTensors& tensors,
                  const ResolvedRecipe& recipe) {
  const std::vector<at::Tensor> layers = tapped_tokens(features);
  at::Tensor map = map_by_words(layers, tensors, recipe);
  if (recipe.few_shot) map = (map + map_by_references(layers, tensors, recipe)) / 2;
  if (recipe.prompts->sigma > 0) map = upsample(map, recipe.image_size, recipe.prompts->sigma);
  return map.clamp(0, 1);
}

}  // namespace

MethodScores score_by_adapters(const VisionFeatures& features, const ResolvedRecipe& recipe) {
  const MethodTensors tensors = MethodTensors::of(recipe.prompts, features.device());
  MethodScores scores;
  if (recipe.need_map) scores.map = map_of(features, tensors, recipe);
  if (needs_global(recipe.score)) {
    scores.image = global_score(features.global, tensors.text(), recipe.prompts->temperature);
    if (recipe.few_shot) scores.image = (scores.image + scores.map.amax({1, 2})) / 2;
  }
  return scores;
}

}  // namespace anomalyclip
