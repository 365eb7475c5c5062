#include "common/published_recipe.h"

#include <algorithm>

namespace anomalyclip::trainer {

Prompts published_recipe(const ClipConfig& model) {
  const int patch = static_cast<int>(model.patch_size);
  Prompts prompts;
  prompts.dpam_from = std::max(1, static_cast<int>(model.vision_layers / 4));
  prompts.features = {static_cast<int>(model.vision_layers)};
  prompts.image_size = std::max(1, (518 + patch / 2) / patch) * patch;
  return prompts;
}

}  // namespace anomalyclip::trainer
