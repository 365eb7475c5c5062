#include "engine/resolved_recipe.h"

#include <string>

#include <anomalyclip/error.h>

namespace anomalyclip {
namespace {

void check_model(const Prompts& prompts, const ModelInfo& model) {
  if (prompts.model_fingerprint == model.fingerprint) return;
  throw Error(ErrorCode::kMismatch,
              "the prompts " + prompts.name +
                  " belong to another model: they were made for fingerprint " +
                  prompts.model_fingerprint + ", and the model " + model.name + " has " +
                  model.fingerprint +
                  "; make prompts for it with `anomalyclip convert --prompts EPOCH.pth --model " +
                  model.name + " -o PROMPTS.safetensors`, or name the model that they belong to");
}

void check_embedding(const Prompts& prompts, const ModelInfo& model) {
  if (prompts.embed_dim() == model.embed_dim) return;
  throw Error(ErrorCode::kMismatch, "text_features of " + prompts.name + " should have shape [2, " +
                                        std::to_string(model.embed_dim) + "] and have [2, " +
                                        std::to_string(prompts.embed_dim()) + "]");
}

void check_image_size(int size, int patch) {
  if (size >= patch && size % patch == 0) return;
  const int near = std::max(1, (size + patch / 2) / patch) * patch;
  throw Error(ErrorCode::kSettings,
              "the image size should be a multiple of the model's patch size, " +
                  std::to_string(patch) + " pixels, and is " + std::to_string(size) +
                  "; the nearest is " + std::to_string(near));
}

void check_range(const char* name, const std::optional<double>& value) {
  if (value && !(*value >= 0 && *value <= 1))
    throw Error(ErrorCode::kSettings,
                std::string(name) + " should be between 0 and 1 and is " + std::to_string(*value));
}

}  // namespace

ResolvedRecipe ResolvedRecipe::of(const Recipe& recipe, const ModelInfo& model) {
  if (!recipe.prompts)
    throw Error(ErrorCode::kSettings, "a recipe needs prompts; load some with Prompts::load");
  const Prompts& prompts = *recipe.prompts;
  check_model(prompts, model);
  check_embedding(prompts, model);

  ResolvedRecipe resolved;
  resolved.prompts = recipe.prompts;
  resolved.image_size = recipe.image_size > 0 ? recipe.image_size : prompts.image_size;
  resolved.score = recipe.score.value_or(prompts.score);
  resolved.threshold = recipe.threshold ? recipe.threshold : prompts.threshold;
  resolved.pixel_threshold =
      recipe.pixel_threshold ? recipe.pixel_threshold : prompts.pixel_threshold;
  resolved.want_map = recipe.want_map;
  resolved.need_map =
      recipe.want_map || resolved.pixel_threshold || resolved.score != ScoreMode::kGlobal;
  check_image_size(resolved.image_size, model.patch_size);
  check_range("threshold", resolved.threshold);
  check_range("pixel-threshold", resolved.pixel_threshold);

  resolved.vision.dpam_from = prompts.dpam_from;
  resolved.vision.attention = prompts.attention;
  if (resolved.need_map) resolved.vision.features = prompts.features;
  resolved.vision.want_global = resolved.score != ScoreMode::kMap;
  return resolved;
}

bool ResolvedRecipe::encodes_like(const ResolvedRecipe& other) const {
  return image_size == other.image_size && vision.dpam_from == other.vision.dpam_from &&
         vision.attention == other.vision.attention && vision.features == other.vision.features &&
         vision.want_global == other.vision.want_global;
}

}  // namespace anomalyclip
