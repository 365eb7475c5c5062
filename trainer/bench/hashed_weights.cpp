#include "bench/hashed_weights.h"

#include <cmath>
#include <utility>
#include <vector>

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/scalar_tensor.h>

namespace anomalyclip::bench {
namespace {

using Shapes = std::vector<std::pair<std::string, std::vector<std::int64_t>>>;

void add_blocks(Shapes& shapes, const std::string& prefix, std::int64_t width,
                std::int64_t layers) {
  for (std::int64_t i = 0; i < layers; ++i) {
    const std::string p = prefix + ".resblocks." + std::to_string(i) + ".";
    shapes.insert(shapes.end(), {{p + "attn.in_proj_weight", {3 * width, width}},
                                 {p + "attn.in_proj_bias", {3 * width}},
                                 {p + "attn.out_proj.weight", {width, width}},
                                 {p + "attn.out_proj.bias", {width}},
                                 {p + "ln_1.weight", {width}},
                                 {p + "ln_1.bias", {width}},
                                 {p + "mlp.c_fc.weight", {4 * width, width}},
                                 {p + "mlp.c_fc.bias", {4 * width}},
                                 {p + "mlp.c_proj.weight", {width, 4 * width}},
                                 {p + "mlp.c_proj.bias", {width}},
                                 {p + "ln_2.weight", {width}},
                                 {p + "ln_2.bias", {width}}});
  }
}

Shapes parameter_shapes(const ClipDimensions& d) {
  const std::int64_t grid = d.image_resolution / d.patch_size;
  Shapes shapes = {{"positional_embedding", {d.context_length, d.text_width}},
                   {"text_projection", {d.text_width, d.embed_dim}},
                   {"logit_scale", {}},
                   {"visual.class_embedding", {d.vision_width}},
                   {"visual.positional_embedding", {grid * grid + 1, d.vision_width}},
                   {"visual.proj", {d.vision_width, d.embed_dim}},
                   {"visual.conv1.weight", {d.vision_width, 3, d.patch_size, d.patch_size}},
                   {"visual.ln_pre.weight", {d.vision_width}},
                   {"visual.ln_pre.bias", {d.vision_width}}};
  add_blocks(shapes, "visual.transformer", d.vision_width, d.vision_layers);
  shapes.insert(shapes.end(), {{"visual.ln_post.weight", {d.vision_width}},
                               {"visual.ln_post.bias", {d.vision_width}}});
  add_blocks(shapes, "transformer", d.text_width, d.text_layers);
  shapes.insert(shapes.end(), {{"token_embedding.weight", {d.vocabulary, d.text_width}},
                               {"ln_final.weight", {d.text_width}},
                               {"ln_final.bias", {d.text_width}}});
  return shapes;
}

at::Tensor hashed(const std::string& name, std::uint64_t seed,
                  const std::vector<std::int64_t>& shape) {
  if (name == "logit_scale") return at::scalar_tensor(std::log(1 / 0.07));
  at::Tensor u = splitmix_uniform(seed, shape);
  const bool norm = name.find(".ln_") != std::string::npos || name.starts_with("ln_");
  if (norm) return name.ends_with("weight") ? u.mul_(0.2f).add_(1) : u.mul_(0.1f);
  if (name.ends_with("bias")) return u.mul_(0.1f);
  if (name.find("embedding") != std::string::npos) return u.mul_(2);
  // visual.proj and text_projection are used as x W, the others as x W^T.
  const bool left = name == "visual.proj" || name == "text_projection";
  const double fan_in = left ? double(shape[0]) : double(u.numel() / shape[0]);
  return u.mul_(static_cast<float>(std::sqrt(12.0 / fan_in)));
}

}  // namespace

at::Tensor splitmix_uniform(std::uint64_t seed, at::IntArrayRef shape) {
  at::Tensor result = at::empty(shape, at::kFloat);
  float* out = result.mutable_data_ptr<float>();
  at::parallel_for(0, result.numel(), 1 << 16, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t j = begin; j < end; ++j) {
      std::uint64_t z = (seed << 40) + static_cast<std::uint64_t>(j) + 0x9E3779B97F4A7C15u;
      z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
      z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
      z ^= z >> 31;
      out[j] = static_cast<float>(z >> 40) / static_cast<float>(1 << 24) - 0.5f;
    }
  });
  return result;
}

at::Tensor noise(std::uint64_t seed, at::IntArrayRef shape, float scale) {
  return splitmix_uniform(seed, shape).mul_(scale);
}

std::map<std::string, at::Tensor> hashed_tensors(const ClipDimensions& dimensions) {
  std::map<std::string, at::Tensor> tensors;
  std::uint64_t seed = 0;
  for (const auto& [name, shape] : parameter_shapes(dimensions))
    tensors[name] = hashed(name, seed++, shape);
  return tensors;
}

Weights hashed_weights(const ClipDimensions& dimensions) {
  return Weights(hashed_tensors(dimensions), {}, "hashed weights");
}

}  // namespace anomalyclip::bench
