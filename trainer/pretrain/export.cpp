#include "export.h"

#include <torch/torch.h>

#include <anomalyclip/prompts.h>

#include "checkpoint/model_file.h"
#include "checkpoint/prompt_file.h"
#include "checkpoint/safetensors.h"
#include "text/prompt_learner.h"

namespace anomalyclip::pretrain {

namespace {

bool is_prompt(const std::string& name) {
  return name.rfind("ctx_", 0) == 0 || name.rfind("compound_prompts_text.", 0) == 0;
}

std::vector<float> text_features(const Weights& weights, const Shape& shape,
                                 const Tensors& learned) {
  LearnedPrompts prompts{learned.at("ctx_pos"), learned.at("ctx_neg"), {}};
  for (std::int64_t i = 0; i + 1 < shape.text_layers; ++i)
    prompts.compound_prompts_text.push_back(
        learned.at("compound_prompts_text." + std::to_string(i)));
  const TextTransformer text(weights, at::kCPU, at::kFloat);
  const at::Tensor features =
      PromptLearner(text, Tokenizer(), prompts).text_features(true).contiguous();
  return {features.data_ptr<float>(), features.data_ptr<float>() + features.numel()};
}

}  // namespace

std::string prompts_path(const std::string& model_path) {
  const std::string suffix = ".safetensors";
  const bool named =
      model_path.size() > suffix.size() &&
      model_path.compare(model_path.size() - suffix.size(), suffix.size(), suffix) == 0;
  return (named ? model_path.substr(0, model_path.size() - suffix.size()) : model_path) +
         "-prompts.safetensors";
}

void write_model(const std::string& model_path, const Shape& shape, const Tensors& weights,
                 const std::string& training) {
  const at::NoGradGuard no_grad;
  Tensors model, learned;
  for (const auto& [name, tensor] : weights) {
    if (is_prompt(name)) {
      learned[name] = tensor.contiguous();
    } else {
      model[name] = tensor.to(at::kHalf).contiguous();
    }
  }
  write_safetensors(model_path, model, {{"activation", "quick_gelu"}, {"training", training}});

  const Weights written = load_model(model_path);
  Prompts prompts;
  prompts.text_features = text_features(written, shape, learned);
  prompts.model_fingerprint = fingerprint(written);
  prompts.image_size = shape.inspect_at;
  prompts.dpam_from = shape.dpam_from;
  prompts.features = shape.features;
  prompts.sigma = 4.0;
  prompts.temperature = kTemperature;
  prompts.class_name = "object";
  prompts.normal_template = "{}";
  prompts.abnormal_template = "damaged {}";
  prompts.metadata["training"] = training;
  save_prompts(prompts_path(model_path), prompts, learned);
}

}  // namespace anomalyclip::pretrain
