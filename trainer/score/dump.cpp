#include "score/dump.h"

#include <filesystem>

#include <ATen/ops/from_blob.h>
#include <ATen/ops/scalar_tensor.h>
#include <c10/core/InferenceMode.h>

#include "checkpoint/model_file.h"
#include "checkpoint/safetensors.h"
#include "engine/batch_inspector.h"
#include "engine/precision.h"
#include "image/load_image.h"

namespace anomalyclip::trainer {
namespace {

using Tensors = std::map<std::string, at::Tensor>;

const char* name_of(AttentionKind kind) {
  switch (kind) {
    case AttentionKind::kVV:
      return "vv";
    case AttentionKind::kQQ:
      return "qq";
    case AttentionKind::kKK:
      return "kk";
    case AttentionKind::kQK:
      return "qk";
  }
  return "unknown";
}

PreparedFrame prepare(const InspectionOptions& options, const Engine& engine,
                      const Image& image) {
  Recipe recipe = options.recipe;
  recipe.want_map = true;
  PreparedFrame frame;
  frame.recipe = ResolvedRecipe::of(recipe, engine.model());
  frame.recipe.vision.want_global = true;
  frame.covers = recipe.roi.resolve(image.width, image.height);
  frame.image =
      prepare_image(image.view(), frame.covers, frame.recipe.image, c10::Device(c10::kCPU));
  return frame;
}

void add_features(Tensors& tensors, const VisionFeatures& features, const VisionRequest& request) {
  tensors["global"] = features.global;
  for (std::size_t layer = 0; layer < request.features.size(); ++layer) {
    const std::string key = "patch." + std::to_string(request.features[layer]);
    const auto& ensemble = features.patches[layer];
    for (std::size_t kind = 0; kind < ensemble.size(); ++kind)
      tensors[ensemble.size() == 1 ? key : key + "." + name_of(request.attention[kind])] =
          ensemble[kind];
  }
  for (std::size_t i = 0; i < request.windows.size(); ++i)
    tensors["windows." + std::to_string(request.windows[i])] = features.windows[i];
}

void add_result(Tensors& tensors, const AnomalyResult& result) {
  const AnomalyMap& map = *result.map;
  auto* values = const_cast<float*>(map.values.data());
  tensors["map"] = at::from_blob(values, {map.height, map.width}, at::kFloat).clone();
  tensors["score"] = at::scalar_tensor(result.score, at::kFloat);
}

}  // namespace

void dump_stages(const InspectionOptions& options, const Engine& engine, const std::string& image,
                 const std::string& output) {
  const c10::InferenceMode inference;
  const std::string model_path = options.model_path();
  const auto vision = make_vision(
      load_model(model_path), c10::Device(engine.model().device), engine.model().precision);
  const PreparedFrame frame = prepare(options, engine, load_image(image));
  const at::Tensor input = frame.image.unsqueeze(0);
  const VisionFeatures features = vision->forward(input.to(vision->device()), frame.recipe.vision);
  const Prompts& prompts = *frame.recipe.prompts;

  Tensors tensors = {{"input", input}};
  add_features(tensors, features, frame.recipe.vision);
  tensors["text_features"] = at::from_blob(const_cast<float*>(prompts.text_features.data()),
                                           {2, prompts.embed_dim()}, at::kFloat);
  add_result(tensors, score_frame(features, frame));
  write_safetensors(output, tensors,
                    {{"image", image}, {"model", engine.model().name}, {"prompts", prompts.name}});
}

}  // namespace anomalyclip::trainer
