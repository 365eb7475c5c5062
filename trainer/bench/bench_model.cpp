#include "bench/bench_model.h"

#include <charconv>
#include <filesystem>
#include <map>

#include <ATen/ops/linalg_vector_norm.h>

#include <anomalyclip/demo.h>
#include <anomalyclip/error.h>

#include "bench/hashed_weights.h"
#include "checkpoint/model_file.h"
#include "checkpoint/prompt_file.h"
#include "checkpoint/safetensors.h"

namespace anomalyclip::bench {
namespace {

/// A model as published: its dimensions and the size at which it inspects.
struct Published {
  ClipDimensions dimensions;
  int image_size;
};

const std::map<std::string, Published> kPublished = {{"vit-b-16", {kViTB16, 224}},
                                                     {"vit-l-14-336", {kViTL14At336, 518}}};

std::vector<float> random_text_features(std::int64_t embed_dim) {
  const at::Tensor rows = noise(7000, {2, embed_dim});
  const at::Tensor unit =
      rows.div(at::linalg_vector_norm(rows, 2, at::IntArrayRef{1}, true)).contiguous();
  return {unit.const_data_ptr<float>(), unit.const_data_ptr<float>() + unit.numel()};
}

void write(const BenchModel& files, const Published& published) {
  auto tensors = hashed_tensors(published.dimensions);
  for (auto& [key, tensor] : tensors)
    if (tensor.dim() > 0) tensor = tensor.to(at::kHalf);
  Prompts prompts;
  prompts.model_fingerprint = fingerprint(Weights(tensors, {}, files.model));
  prompts.image_size = published.image_size;
  prompts.features = {static_cast<int>(published.dimensions.vision_layers)};
  prompts.threshold = prompts.pixel_threshold = 0.5;
  prompts.text_features = random_text_features(published.dimensions.embed_dim);
  save_prompts(files.prompts, prompts);
  write_safetensors(files.model, tensors);  // last: its presence says that both are there
}

int parse_size(const std::string& text, const std::string& name) {
  int size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error != std::errc() || end != text.data() + text.size() || size < 1)
    throw Error(ErrorCode::kSettings, "a model is asked for as NAME or NAME@PIXELS, and \"" + name +
                                          "\" has no number of pixels behind the @");
  return size;
}

}  // namespace

BenchModel find_bench_model(const std::string& name, const std::string& cache) {
  const std::size_t at = name.find('@');
  const std::string stem = name.substr(0, at);
  BenchModel found{name, "", "",
                   at == std::string::npos ? 0 : parse_size(name.substr(at + 1), name)};
  if (stem == "demo") {
    found.model = demo_model_path();
    found.prompts = demo_prompts_path();
    return found;
  }
  const auto published = kPublished.find(stem);
  if (published == kPublished.end())
    throw Error(ErrorCode::kSettings, "there is no model \"" + stem +
                                          "\" to time; there are demo, vit-b-16 and vit-l-14-336");
  found.model = cache + "/" + stem + ".safetensors";
  found.prompts = cache + "/" + stem + "-prompts.safetensors";
  if (!std::filesystem::exists(found.model)) {
    std::filesystem::create_directories(cache);
    write(found, published->second);
  }
  return found;
}

}  // namespace anomalyclip::bench
