#include <algorithm>
#include <cmath>
#include <iterator>

#include <ATen/TensorOperators.h>

#include "checkpoint/prompt_tensors.h"
#include "engine/finite_scores.h"
#include "engine/method_scores.h"
#include "engine/method_tensors.h"
#include "scoring/anomaly_map.h"
#include "scoring/image_score.h"
#include "scoring/memory_bank.h"
#include "scoring/similarity.h"
#include "scoring/windows.h"

namespace anomalyclip {
namespace {

/// One frame's patches, compared with words and with references.
class WindowMaps {
 public:
  WindowMaps(const VisionFeatures& features, const ResolvedRecipe& recipe,
             const MethodTensors& tensors)
      : features_(features), tensors_(tensors), temperature_(recipe.prompts->temperature) {
    const std::int64_t patch = features.windows.front().size(1);  // (grid - side + 1) squared
    grid_ = std::llround(std::sqrt(static_cast<double>(patch))) + kWindowSides[0] - 1;
  }

  /// [1, grid, grid]: how abnormal by the words.
  at::Tensor by_words(const at::Tensor& image) const {
    std::vector<at::Tensor> scales;
    for (std::size_t i = 0; i < std::size(kWindowSides); ++i) {
      const at::Tensor scores =
          similarity({features_.windows[i]}, tensors_.text(), temperature_).select(-1, 1);
      scales.push_back(harmonic_mean_over_windows(scores, kWindowSides[i], grid_));
    }
    scales.push_back(image.view({1, 1, 1}));
    return harmonic_mean(scales);
  }

  /// [1, grid, grid] in [0, 1]: how far from the references, the mean over windows and patches.
  at::Tensor by_references() const {
    const at::Tensor tokens = features_.patches[0][0];  // [1, 1 + P, width]
    at::Tensor sum = half_distance(tokens.narrow(1, 1, tokens.size(1) - 1), kPatchReferences)
                         .unflatten(1, {grid_, grid_});
    for (std::size_t i = 0; i < std::size(kWindowSides); ++i) {
      const int side = kWindowSides[i];
      const at::Tensor distances = half_distance(features_.windows[i], window_reference_key(side));
      sum = sum + harmonic_mean_over_windows(distances, side, grid_);
    }
    return sum / static_cast<double>(1 + std::size(kWindowSides));
  }

 private:
  at::Tensor half_distance(const at::Tensor& tokens, const std::string& references) const {
    return distance_to_nearest(tokens, tensors_[references]) / 2;
  }

  const VisionFeatures& features_;
  const MethodTensors& tensors_;
  double temperature_;
  std::int64_t grid_;
};

}  // namespace

MethodScores score_by_windows(const VisionFeatures& features, const ResolvedRecipe& recipe) {
  const Prompts& prompts = *recipe.prompts;
  const MethodTensors tensors = MethodTensors::of(recipe.prompts, features.device());
  MethodScores scores;
  scores.image = global_score(features.global, tensors.text(), prompts.temperature);  // [1]
  if (!recipe.need_map) return scores;

  const WindowMaps maps(features, recipe, tensors);
  at::Tensor patches = maps.by_words(scores.image);  // [1, grid, grid]
  if (recipe.few_shot) {
    const at::Tensor distances = maps.by_references();
    patches = (patches + distances) / 2;
    scores.image = (scores.image + distances.amax({1, 2})) / 2;
  }
  require_finite(patches.sum().item<double>(), "the anomaly map");
  scores.map = upsample(patches, recipe.image_size, prompts.sigma).clamp_(0, 1);
  return scores;
}

}  // namespace anomalyclip
