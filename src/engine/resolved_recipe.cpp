#include "engine/resolved_recipe.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>

#include <anomalyclip/error.h>

#include "checkpoint/prompt_tensors.h"

namespace anomalyclip {
namespace {

/// The command that makes prompts of this method for the model.
std::string command_for(const std::string& method, const std::string& model) {
  if (method == "anomalyclip")
    return "`anomalyclip convert --prompts EPOCH.pth --model " + model + " -o PROMPTS.safetensors`";
  const std::string command = method == "coop" || method == "vand" ? "train" : "prompts";
  return "`anomalyclip " + command + " --method " + method + " --model " + model + "`";
}

void check_model(const Prompts& prompts, const ModelInfo& model) {
  if (prompts.model_fingerprint == model.fingerprint) return;
  throw Error(
      ErrorCode::kMismatch,
      "the prompts " + prompts.name + " belong to another model: they were made for fingerprint " +
          prompts.model_fingerprint + ", and the model " + model.name + " has " +
          model.fingerprint + "; make prompts for it with " +
          command_for(prompts.method, model.name) + ", or name the model that they belong to");
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

Scoring scoring_of(const Prompts& prompts) {
  if (prompts.method == "winclip") return Scoring::kWindows;
  if (prompts.method == "vand") return Scoring::kAdapters;
  return Scoring::kText;
}

bool has_references(const Prompts& prompts) {
  const auto first = prompts.tensors.lower_bound("references.");
  return first != prompts.tensors.end() && first->first.starts_with("references.");
}

/// Tensors over the vision tower's width: adapters, and references that are its tokens.
void check_tensors(const Prompts& prompts, const ModelInfo& model) {
  for (const auto& [key, tensor] : prompts.tensors) {
    const bool tokens = key.starts_with("references.") && !key.starts_with("references.windows.");
    const bool adapter = key.starts_with("adapters.") && tensor.shape.size() == 2;
    if ((tokens || adapter) && tensor.shape.back() != model.vision_width)
      throw Error(ErrorCode::kMismatch, "tensor \"" + key + "\" of " + prompts.name +
                                            " should be " + std::to_string(model.vision_width) +
                                            " wide, as the model " + model.name + " is, and is " +
                                            std::to_string(tensor.shape.back()) + " wide");
  }
}

/// Tokens of images of another size are other tokens.
void check_reference_size(const Prompts& prompts, int image_size) {
  if (image_size == prompts.image_size) return;
  throw Error(ErrorCode::kSettings,
              "the references of " + prompts.name + " were taken at " +
                  std::to_string(prompts.image_size) + " pixels, and the image size is " +
                  std::to_string(image_size) + "; leave it out, or take references at that size");
}

void check_windows(int image_size, int patch) {
  const int least = *std::max_element(std::begin(kWindowSides), std::end(kWindowSides)) * patch;
  if (image_size >= least) return;
  throw Error(ErrorCode::kSettings,
              "the method winclip needs an image size of at least " + std::to_string(least) +
                  " pixels, its largest window, and it is " + std::to_string(image_size));
}

void check_keeps_scale(const ResolvedRecipe& recipe) {
  if (recipe.scoring == Scoring::kText) return;
  throw Error(ErrorCode::kSettings,
              "the method " + recipe.prompts->method +
                  " needs square images, so its region of interest cannot keep the frame's scale; "
                  "let it fill the image size, which may be a smaller one");
}

/// Patches of a part of an axis that has `patches` of them: the nearest number, 1 at least.
std::int64_t part_of(std::int64_t patches, int part, int whole) {
  return std::max<std::int64_t>(1, std::lround(static_cast<double>(patches) * part / whole));
}

/// What the method of the prompts reads off the encoder, and no more.
VisionRequest request_of(const ResolvedRecipe& recipe) {
  const Prompts& prompts = *recipe.prompts;
  VisionRequest request;
  request.dpam_from = prompts.dpam_from;
  request.attention = prompts.attention;
  request.global_ln_post = prompts.global_ln_post;
  request.positions = prompts.positions;
  request.activation = prompts.activation;
  request.want_global = recipe.score != ScoreMode::kMap;
  const bool windows = recipe.scoring == Scoring::kWindows;
  if (recipe.need_map && (!windows || recipe.few_shot)) request.features = prompts.features;
  request.raw_features = recipe.scoring != Scoring::kText;
  if (windows && recipe.need_map) {
    request.windows.assign(std::begin(kWindowSides), std::end(kWindowSides));
    request.want_global = true;  // the whole image is the third scale of the map
  }
  return request;
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
  resolved.scoring = scoring_of(prompts);
  resolved.few_shot = has_references(prompts);
  resolved.want_map = recipe.want_map;
  resolved.need_map = recipe.want_map || resolved.pixel_threshold ||
                      resolved.score != ScoreMode::kGlobal || resolved.few_shot;
  check_image_size(resolved.image_size, model.patch_size);
  resolved.keeps_scale = recipe.roi_keeps_scale;
  if (resolved.keeps_scale) check_keeps_scale(resolved);
  const int side = resolved.image_size / model.patch_size;
  resolved.image = {resolved.image_size, resolved.image_size};
  resolved.grid = {side, side};
  if (resolved.scoring == Scoring::kWindows) check_windows(resolved.image_size, model.patch_size);
  check_tensors(prompts, model);
  if (resolved.few_shot) check_reference_size(prompts, resolved.image_size);
  check_range("threshold", resolved.threshold);
  check_range("pixel-threshold", resolved.pixel_threshold);

  resolved.vision = request_of(resolved);
  return resolved;
}

void ResolvedRecipe::look_at(const Rect& part, int frame_width, int frame_height) {
  if (!keeps_scale) return;
  const std::int64_t patch = image.width / grid.width;
  grid = {part_of(grid.width, part.width, frame_width),
          part_of(grid.height, part.height, frame_height)};
  image = {patch * grid.width, patch * grid.height};
}

bool ResolvedRecipe::encodes_like(const ResolvedRecipe& other) const {
  return image == other.image && vision == other.vision;
}

}  // namespace anomalyclip
