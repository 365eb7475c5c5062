#include "train/starting_point.h"

#include <anomalyclip/demo.h>
#include <anomalyclip/error.h>

#include "checkpoint/model_file.h"
#include "checkpoint/prompt_tensors.h"
#include "checkpoint/safetensors.h"
#include "common/published_recipe.h"

namespace anomalyclip::trainer {
namespace {

/// What a prompt file says, but for what training makes anew.
Prompts untrained(Prompts prompts) {
  const PromptWords words;
  if (prompts.class_name.empty()) prompts.class_name = words.class_name;
  if (prompts.normal_template.empty()) prompts.normal_template = words.normal;
  if (prompts.abnormal_template.empty()) prompts.abnormal_template = words.abnormal;
  prompts.text_features.clear();
  prompts.tensors.clear();
  prompts.threshold.reset();
  prompts.pixel_threshold.reset();
  prompts.metadata.clear();
  return prompts;
}

/// The demo's prompts where this is the demo model, wherever its file lies.
std::shared_ptr<const Prompts> demo_prompts_of(const std::string& model) {
  try {
    const auto prompts = Prompts::load(demo_prompts_path());
    return prompts->model_fingerprint == model ? prompts : nullptr;
  } catch (const std::exception&) {
    return nullptr;  // it is not installed
  }
}

std::shared_ptr<const Prompts> load_of(const std::string& path, const std::string& method,
                                       const Weights& weights) {
  auto prompts = Prompts::load(path);
  if (prompts->method != method)
    throw Error(ErrorCode::kMismatch, path + " holds prompts of the method " + prompts->method +
                                          ", and " + method +
                                          " is trained: name prompts of that method, or another "
                                          "--method");
  const std::string model = fingerprint(weights);
  if (prompts->model_fingerprint != model)
    throw Error(ErrorCode::kMismatch, path + " was made for a model with fingerprint " +
                                          prompts->model_fingerprint + ", and " + weights.source() +
                                          " has " + model +
                                          ": name the model that they were trained with");
  return prompts;
}

}  // namespace

PromptsToTune read_prompts_to_tune(const std::string& path, const std::string& method,
                                   const Weights& weights) {
  const auto prompts = load_of(path, method, weights);
  const auto tensors = read_safetensors(path).tensors;
  if (!tensors.contains("ctx_pos") || !tensors.contains("ctx_neg"))
    throw Error(ErrorCode::kMismatch, path +
                                          " holds no learned tokens (ctx_pos, ctx_neg) to go on "
                                          "from: it was not made by training");
  PromptsToTune tune;
  LearnedPrompts& learned = tune.learned;
  learned.ctx_pos = tensors.at("ctx_pos");
  learned.ctx_neg = tensors.at("ctx_neg");
  for (int i = 0; tensors.contains("compound_prompts_text." + std::to_string(i)); ++i)
    learned.compound_prompts_text.push_back(
        tensors.at("compound_prompts_text." + std::to_string(i)));
  const auto how = prompts->metadata.find("deep_prompts");
  learned.concatenated = how != prompts->metadata.end() && how->second == "before";

  PromptShape& shape = tune.start.shape;
  const int deep = static_cast<int>(learned.compound_prompts_text.size());
  if (learned.ctx_pos.dim() == 4) shape.context = static_cast<int>(learned.ctx_pos.size(2));
  shape.concatenated = learned.concatenated;
  shape.depth = learned.concatenated ? deep : deep + 1;
  if (deep > 0) shape.length = static_cast<int>(learned.compound_prompts_text[0].size(0));
  tune.start.recipe = untrained(*prompts);
  tune.start.fixed_shape = true;
  return tune;
}

AdaptersToTune read_adapters_to_tune(const std::string& path, const Weights& weights) {
  const auto prompts = load_of(path, "vand", weights);
  AdaptersToTune tune{untrained(*prompts), {}};
  for (const int layer : prompts->features)
    tune.adapters[layer] = {to_tensor(prompts->tensors.at(adapter_key(layer, "weight"))),
                            to_tensor(prompts->tensors.at(adapter_key(layer, "bias")))};
  return tune;
}

StartingPoint published_start(const Weights& weights) {
  const std::string model = fingerprint(weights);
  const auto demo = demo_prompts_of(model);
  StartingPoint start;
  start.recipe = untrained(demo ? *demo : published_recipe(ClipConfig::infer(weights)));
  start.recipe.model_fingerprint = model;
  return start;
}

Prompts start_of_method(Prompts recipe, const Weights& weights) {
  const Prompts published = published_start(weights).recipe;
  recipe.image_size = published.image_size;
  recipe.model_fingerprint = published.model_fingerprint;
  return recipe;
}

}  // namespace anomalyclip::trainer
