#include "tiny_model.h"

#include <filesystem>
#include <unistd.h>

#include "checkpoint/model_file.h"
#include "checkpoint/prompt_file.h"
#include "checkpoint/safetensors.h"
#include "hashed_weights.h"

namespace anomalyclip::testing {
namespace {

constexpr ClipDimensions kTwoLayers{48, 56, 14, 128, 2, 64, 1, 77, 64};

std::string folder_of_this_process() {
  std::string folder = std::filesystem::temp_directory_path() / "anomalyclip-gst-XXXXXX";
  if (!mkdtemp(folder.data())) throw std::runtime_error("no temporary folder");
  return folder;
}

struct Folder {
  std::string path = folder_of_this_process();
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
};

}  // namespace

const std::string& scratch_folder() {
  static const Folder folder;
  return folder.path;
}

const std::string& tiny_model() {
  static const std::string path = [] {
    const std::string file = scratch_folder() + "/tiny.safetensors";
    write_safetensors(file, hashed_tensors(kTwoLayers));
    return file;
  }();
  return path;
}

const std::string& overflowing_model() {
  static const std::string path = [] {
    auto tensors = hashed_tensors(kTwoLayers);
    tensors.at("visual.conv1.weight").mul_(1e37f);  // finite; its products are not
    const std::string file = scratch_folder() + "/overflowing.safetensors";
    write_safetensors(file, tensors);
    return file;
  }();
  return path;
}

std::string tiny_prompts(const std::string& name, const TinyPrompts& tiny) {
  static const std::string own = fingerprint(hashed_weights(kTwoLayers));
  at::Tensor features = noise(1000 + tiny.seed, {2, 48});
  features = features / features.norm(2, {1}, true);
  Prompts prompts;
  const float* values = features.const_data_ptr<float>();
  prompts.text_features.assign(values, values + features.numel());
  prompts.model_fingerprint = tiny.fingerprint.empty() ? own : tiny.fingerprint;
  prompts.image_size = tiny.image_size;
  prompts.dpam_from = 1;
  prompts.features = {1, 2};
  prompts.sigma = 1;
  prompts.score = ScoreMode::kMean;
  prompts.threshold = tiny.threshold;
  prompts.pixel_threshold = tiny.pixel_threshold;
  const std::string file = scratch_folder() + "/" + name + ".safetensors";
  save_prompts(file, prompts);
  return file;
}

const std::string& plain_prompts() {
  static const std::string path = tiny_prompts("plain");
  return path;
}

std::string tiny_properties() {
  return "model=" + tiny_model() + " prompts=" + plain_prompts();
}

}  // namespace anomalyclip::testing
