#include "tiny_model.h"


#include <ATen/ops/linalg_vector_norm.h>

#include "checkpoint/model_file.h"
#include "checkpoint/prompt_file.h"
#include "checkpoint/safetensors.h"

namespace anomalyclip::testing {
namespace {

std::map<std::string, at::Tensor> tiny_tensors() {
  ClipDimensions dimensions = kTiny;
  dimensions.vocabulary = 512;
  return hashed_tensors(dimensions);
}

std::vector<float> random_text_features(std::int64_t embed_dim) {
  const at::Tensor rows = noise(7000, {2, embed_dim});
  const at::Tensor length = at::linalg_vector_norm(rows, 2, at::IntArrayRef{1}, true);
  const at::Tensor unit = rows.div(length).contiguous();
  return {unit.const_data_ptr<float>(), unit.const_data_ptr<float>() + unit.numel()};
}

}  // namespace

void write_hashed_model(const std::string& model, const std::string& prompts,
                        const std::map<std::string, at::Tensor>& tensors, int image_size, int layer) {
  write_safetensors(model, tensors);
  Prompts content;
  content.model_fingerprint = fingerprint(Weights(tensors, {}, model));
  content.image_size = image_size;
  content.features = {layer};
  content.threshold = 0.5;
  content.pixel_threshold = 0.5;
  content.text_features = random_text_features(tensors.at("visual.proj").size(1));
  save_prompts(prompts, content);
}

void write_tiny_model(const std::string& model, const std::string& prompts) {
  write_hashed_model(model, prompts, tiny_tensors(), 56, 8);
}

TinyModel::TinyModel()
    : model_(folder_.file("tiny.safetensors")), prompts_(folder_.file("tiny-prompts.safetensors")) {
  write_tiny_model(model_, prompts_);
}

std::string TinyModel::write_prompts(const std::string& name,
                                     const std::function<void(Prompts&)>& change) const {
  Prompts prompts = *Prompts::load(prompts_);
  change(prompts);
  save_prompts(folder_.file(name), prompts);
  return folder_.file(name);
}

std::string TinyModel::write_model(
    const std::string& name,
    const std::function<void(std::map<std::string, at::Tensor>&)>& change) const {
  auto tensors = tiny_tensors();
  change(tensors);
  write_safetensors(folder_.file(name), tensors);
  return folder_.file(name);
}

}  // namespace anomalyclip::testing
