#include "models.h"

#include <ATen/ops/linalg_vector_norm.h>

#include "checkpoint/prompt_tensors.h"

namespace anomalyclip::testing {

namespace {

/// Plain CLIP, and adapters where the method has them.
void become(Prompts& prompts, const std::string& method) {
  prompts.method = method;
  if (method == "anomalyclip") return;
  prompts.dpam_from = 0;
  if (method != "vand") return;
  for (const int layer : prompts.features) {
    prompts.tensors[adapter_key(layer, "weight")] =
        to_prompt_tensor(noise(7100, {prompts.embed_dim(), 128}, 0.3f));
    prompts.tensors[adapter_key(layer, "bias")] =
        to_prompt_tensor(noise(7200, {prompts.embed_dim()}, 0.3f));
  }
}

}  // namespace

const TinyModel& tiny() {
  static const TinyModel model;
  return model;
}

const std::string& tiny_model() {
  return tiny().model();
}

std::string scratch_folder() {
  return tiny().folder().path();
}

const std::string& overflowing_model() {
  static const std::string path = tiny().write_model("overflowing.safetensors", [](auto& tensors) {
    tensors.at("visual.conv1.weight").mul_(1e37f);
  });
  return path;
}

std::string tiny_prompts(const std::string& name, const TinyPrompts& wanted) {
  return tiny().write_prompts(name + ".safetensors", [&](Prompts& prompts) {
    const at::Tensor rows = noise(1000 + wanted.seed, {2, prompts.embed_dim()});
    const at::Tensor unit =
        rows.div(at::linalg_vector_norm(rows, 2, at::IntArrayRef{1}, true)).contiguous();
    prompts.text_features.assign(unit.const_data_ptr<float>(),
                                 unit.const_data_ptr<float>() + unit.numel());
    if (!wanted.fingerprint.empty()) prompts.model_fingerprint = wanted.fingerprint;
    prompts.image_size = wanted.image_size;
    prompts.sigma = 1;
    prompts.score = ScoreMode::kMean;
    prompts.threshold = wanted.threshold;
    prompts.pixel_threshold = wanted.pixel_threshold;
    become(prompts, wanted.method);
  });
}

const std::string& plain_prompts() {
  static const std::string path = tiny_prompts("plain");
  return path;
}

std::string tiny_properties() {
  return "model=" + tiny_model() + " prompts=" + plain_prompts();
}

}  // namespace anomalyclip::testing
