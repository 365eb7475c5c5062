#include "model/clip_config.h"

#include <cmath>
#include <sstream>
#include <string>

#include <anomalyclip/error.h>

namespace anomalyclip {
namespace {

[[noreturn]] void mismatch(const Weights& weights, const std::string& key,
                           const std::string& expected, const std::string& found) {
  throw Error(ErrorCode::kMismatch,
              weights.source() + ": \"" + key + "\" should be " + expected + ", and is " + found);
}

std::string shape_of(const at::Tensor& tensor) {
  std::ostringstream text;
  text << "of shape " << tensor.sizes();
  return text.str();
}

const at::Tensor& of_rank(const Weights& weights, const std::string& key, std::int64_t rank) {
  const at::Tensor& tensor = weights.get(key);
  if (tensor.dim() != rank)
    mismatch(weights, key, "a tensor of rank " + std::to_string(rank), shape_of(tensor));
  return tensor;
}

std::int64_t width_of(const Weights& weights, const std::string& key, std::int64_t width) {
  if (width == 0 || width % kHeadWidth != 0)
    mismatch(weights, key, "a multiple of " + std::to_string(kHeadWidth) + " (the head width) wide",
             std::to_string(width) + " wide");
  return width;
}

/// The number of blocks, which are numbered from 0 without a gap.
std::int64_t count_layers(const Weights& weights, const std::string& tower) {
  const auto key = [&](std::int64_t i) {
    return tower + ".resblocks." + std::to_string(i) + ".attn.in_proj_weight";
  };
  std::int64_t present = 0;
  for (const auto& [name, tensor] : weights.tensors())
    present += name.starts_with(tower + ".resblocks.") && name.ends_with(".attn.in_proj_weight");
  for (std::int64_t i = 0; i < present; ++i) weights.get(key(i));
  if (present == 0) weights.get(key(0));
  return present;
}

std::int64_t square_root(const Weights& weights, const std::string& key, std::int64_t rows) {
  const auto root =
      static_cast<std::int64_t>(std::lround(std::sqrt(static_cast<double>(rows - 1))));
  if (rows < 2 || root * root != rows - 1)
    mismatch(weights, key, "1 + g * g rows long (the class token and a square grid)",
             std::to_string(rows) + " rows long");
  return root;
}

void infer_vision(const Weights& weights, ClipConfig& config) {
  const at::Tensor& conv1 = of_rank(weights, "visual.conv1.weight", 4);
  config.vision_width = width_of(weights, "visual.conv1.weight", conv1.size(0));
  config.patch_size = conv1.size(3);
  if (conv1.size(1) != 3 || conv1.size(2) != conv1.size(3) || config.patch_size == 0)
    mismatch(weights, "visual.conv1.weight", "of shape [width, 3, patch, patch]", shape_of(conv1));
  weights.get("visual.class_embedding", {config.vision_width});

  const std::string positions = "visual.positional_embedding";
  const std::int64_t rows = of_rank(weights, positions, 2).size(0);
  weights.get(positions, {rows, config.vision_width});
  config.image_resolution = config.patch_size * square_root(weights, positions, rows);

  config.embed_dim = of_rank(weights, "visual.proj", 2).size(1);
  weights.get("visual.proj", {config.vision_width, config.embed_dim});
  config.vision_layers = count_layers(weights, "visual.transformer");
}

void infer_text(const Weights& weights, ClipConfig& config) {
  const at::Tensor& tokens = of_rank(weights, "token_embedding.weight", 2);
  config.vocabulary = tokens.size(0);
  config.text_width = width_of(weights, "token_embedding.weight", tokens.size(1));
  config.context_length = of_rank(weights, "positional_embedding", 2).size(0);
  weights.get("positional_embedding", {config.context_length, config.text_width});
  weights.get("text_projection", {config.text_width, config.embed_dim});
  config.text_layers = count_layers(weights, "transformer");
}

Activation activation_of(const Weights& weights) {
  const std::string name = weights.metadata("activation");
  if (name.empty() || name == "quick_gelu") return Activation::kQuickGelu;
  if (name == "gelu") return Activation::kGelu;
  mismatch(weights, "activation", "quick_gelu or gelu", name);
}

}  // namespace

ClipConfig ClipConfig::infer(const Weights& weights) {
  ClipConfig config;
  infer_vision(weights, config);
  if (weights.has("token_embedding.weight")) infer_text(weights, config);
  config.activation = activation_of(weights);
  return config;
}

}  // namespace anomalyclip
