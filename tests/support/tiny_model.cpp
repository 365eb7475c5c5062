#include "tiny_model.h"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include <ATen/ops/linalg_vector_norm.h>

#include "checkpoint/model_file.h"
#include "checkpoint/prompt_file.h"
#include "checkpoint/safetensors.h"

namespace anomalyclip::testing {
namespace {

std::map<std::string, at::Tensor> tiny_tensors() {
  ClipDimensions dimensions = kTiny;
  dimensions.vocabulary =
      512;  // the words do not matter here, and the file is twenty times smaller
  return hashed_tensors(dimensions);
}

Prompts tiny_prompts(const std::string& fingerprint) {
  Prompts prompts;
  prompts.model_fingerprint = fingerprint;
  prompts.image_size = 56;
  prompts.dpam_from = 6;
  prompts.features = {8};
  prompts.sigma = 4;
  prompts.threshold = 0.5;
  prompts.pixel_threshold = 0.5;
  const at::Tensor rows = noise(7000, {2, kTiny.embed_dim});
  const at::Tensor unit = rows.div(at::linalg_vector_norm(rows, 2, at::IntArrayRef{1}, true)).contiguous();
  prompts.text_features.assign(unit.const_data_ptr<float>(),
                               unit.const_data_ptr<float>() + unit.numel());
  return prompts;
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string pattern =
      (std::filesystem::temp_directory_path() / "anomalyclip-test-XXXXXX").string();
  if (!mkdtemp(pattern.data())) throw std::runtime_error("cannot make a temporary folder");
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

TinyModel::TinyModel()
    : model_(folder_ / "tiny.safetensors"), prompts_(folder_ / "tiny-prompts.safetensors") {
  const auto tensors = tiny_tensors();
  write_safetensors(model_, tensors);
  save_prompts(prompts_, tiny_prompts(fingerprint(Weights(tensors, {}, "tiny"))));
}

std::string TinyModel::write_prompts(const std::string& name,
                                     const std::function<void(Prompts&)>& change) const {
  Prompts prompts = *Prompts::load(prompts_);
  change(prompts);
  save_prompts(folder_ / name, prompts);
  return folder_ / name;
}

std::string TinyModel::write_model(
    const std::string& name,
    const std::function<void(std::map<std::string, at::Tensor>&)>& change) const {
  auto tensors = tiny_tensors();
  change(tensors);
  write_safetensors(folder_ / name, tensors);
  return folder_ / name;
}

}  // namespace anomalyclip::testing
