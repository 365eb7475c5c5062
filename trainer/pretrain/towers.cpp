#include "towers.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <torch/torch.h>

namespace anomalyclip::pretrain {

namespace {

/// Weights are float32 and leaves of the graph; each use casts to the arithmetic's dtype.
struct Block {
  const Tensors& weights;
  std::string name;
  at::ScalarType dtype;

  at::Tensor get(const char* suffix) const { return weights.at(name + suffix).to(dtype); }

  at::Tensor layer_norm(const at::Tensor& x, const std::string& norm) const {
    return at::layer_norm(x, {x.size(-1)}, weights.at(name + norm + ".weight").to(dtype),
                          weights.at(name + norm + ".bias").to(dtype));
  }

  at::Tensor linear(const at::Tensor& x, const std::string& layer) const {
    return at::linear(x, weights.at(name + layer + ".weight").to(dtype),
                      weights.at(name + layer + ".bias").to(dtype));
  }

  /// Q, K, V: each [B, heads, T, 64].
  std::vector<at::Tensor> project(const at::Tensor& x) const {
    const at::Tensor qkv = at::linear(x, get(".attn.in_proj_weight"), get(".attn.in_proj_bias"));
    return qkv.view({x.size(0), x.size(1), 3, x.size(2) / 64, 64})
        .permute({2, 0, 3, 1, 4})
        .unbind(0);
  }

  /// x sigmoid(1.702 x) = silu(1.702 x) / 1.702, and both factors go into the matrices: one pass instead of three.
  at::Tensor mlp(const at::Tensor& x) const {
    constexpr double kQuickGelu = 1.702;
    const auto scaled = [&](const char* suffix, double by) {
      return (weights.at(name + suffix) * by).to(dtype);
    };
    const at::Tensor hidden =
        at::linear(x, scaled(".mlp.c_fc.weight", kQuickGelu), scaled(".mlp.c_fc.bias", kQuickGelu));
    return at::linear(at::silu(hidden), scaled(".mlp.c_proj.weight", 1 / kQuickGelu),
                      get(".mlp.c_proj.bias"));
  }
};

/// Written out: the fused kernel's backward pass is several times slower on a CPU in bfloat16.
at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                  const at::Tensor& mask = {}) {
  at::Tensor logits = at::matmul(q * 0.125, k.transpose(-2, -1));
  if (mask.defined()) logits = logits + mask;
  const at::Tensor heads = at::matmul(at::softmax(logits, -1), v);
  return heads.transpose(1, 2).reshape({heads.size(0), heads.size(2), -1});
}

at::Tensor positions(const Tensors& weights, const Shape& shape, std::int64_t grid,
                     at::ScalarType dtype) {
  const at::Tensor& stored = weights.at("visual.positional_embedding");
  if (grid == shape.grid()) return stored.to(dtype);
  const at::Tensor plane =
      stored.slice(0, 1).t().reshape({1, shape.width, shape.grid(), shape.grid()});
  const at::Tensor resized = at::upsample_bilinear2d(plane, {grid, grid}, false);
  return at::cat({stored.slice(0, 0, 1), resized.flatten(2)[0].t()}).to(dtype);
}

}  // namespace

ImageFeatures encode_images(const Tensors& weights, const Shape& shape, const at::Tensor& images) {
  const at::ScalarType dtype = images.scalar_type();
  const std::int64_t batch = images.size(0), grid = images.size(2) / shape.patch;
  // A convolution whose stride is its size is a product of patches.
  const at::Tensor patches = images.view({batch, 3, grid, shape.patch, grid, shape.patch})
                                 .permute({0, 2, 4, 1, 3, 5})
                                 .reshape({batch, grid * grid, -1});
  at::Tensor x = at::matmul(patches, weights.at("visual.conv1.weight").flatten(1).to(dtype).t());
  x = at::cat({weights.at("visual.class_embedding").to(dtype).expand({batch, 1, shape.width}), x},
              1);
  const Block visual{weights, "visual", dtype};
  x = visual.layer_norm(x + positions(weights, shape, grid, dtype), ".ln_pre");

  const at::Tensor proj = weights.at("visual.proj").to(dtype);
  ImageFeatures out;
  at::Tensor local;  // undefined before the first DPAM layer
  for (std::int64_t layer = 1; layer <= shape.layers; ++layer) {
    const Block block{weights, "visual.transformer.resblocks." + std::to_string(layer - 1), dtype};
    auto qkv = block.project(block.layer_norm(x, ".ln_1"));
    const at::Tensor &q = qkv[0], &k = qkv[1], &v = qkv[2];
    if (shape.dpam_from > 0 && layer >= shape.dpam_from)
      local = (local.defined() ? local : x) + block.linear(attend(v, v, v), ".attn.out_proj");
    const bool class_token_only = layer == shape.layers && local.defined();
    if (class_token_only) x = x.slice(1, 0, 1);
    x = x + block.linear(attend(class_token_only ? q.slice(2, 0, 1) : q, k, v), ".attn.out_proj");
    x = x + block.mlp(block.layer_norm(x, ".ln_2"));
    if (std::find(shape.features.begin(), shape.features.end(), layer) != shape.features.end()) {
      const at::Tensor tapped = (local.defined() ? local : x).slice(1, 1);
      out.patches.push_back(at::matmul(visual.layer_norm(tapped, ".ln_post"), proj));
    }
  }
  const at::Tensor token = x.select(1, 0);
  out.global = at::matmul(token, proj);
  out.caption = at::matmul(visual.layer_norm(token, ".ln_post"), proj);
  return out;
}

at::Tensor encode_tokens(const Tensors& weights, const Shape& shape, const at::Tensor& tokens,
                         const at::Tensor& eot, const std::vector<at::Tensor>& deep) {
  const std::int64_t length = tokens.size(1);
  at::Tensor x = tokens + weights.at("positional_embedding").slice(0, 0, length);
  const at::Tensor mask =
      at::full({length, length}, -std::numeric_limits<float>::infinity()).triu(1);
  for (std::int64_t layer = 1; layer <= shape.text_layers; ++layer) {
    if (layer >= 2 && static_cast<std::size_t>(layer - 2) < deep.size()) {
      const at::Tensor& prompt = deep[static_cast<std::size_t>(layer - 2)];
      x = at::cat(
          {x.slice(1, 0, 1), prompt.expand({x.size(0), -1, -1}), x.slice(1, 1 + prompt.size(0))},
          1);
    }
    const Block block{weights, "transformer.resblocks." + std::to_string(layer - 1), at::kFloat};
    auto qkv = block.project(block.layer_norm(x, ".ln_1"));
    x = x + block.linear(attend(qkv[0], qkv[1], qkv[2], mask), ".attn.out_proj");
    x = x + block.mlp(block.layer_norm(x, ".ln_2"));
  }
  x = Block{weights, "", at::kFloat}.layer_norm(x, "ln_final");
  const at::Tensor rows = at::arange(x.size(0), at::kLong);
  return at::matmul(x.index({rows, eot}), weights.at("text_projection"));
}

at::Tensor encode_prompts(const Tensors& weights, const Shape& shape, const at::Tensor& ids,
                          const at::Tensor& eot) {
  const at::Tensor words = at::embedding(weights.at("token_embedding.weight"), ids);
  const at::Tensor contexts = at::cat({weights.at("ctx_pos")[0], weights.at("ctx_neg")[0]});
  const at::Tensor tokens =
      at::cat({words.slice(1, 0, 1), contexts, words.slice(1, 1 + shape.prompt_length)}, 1);
  std::vector<at::Tensor> deep;
  for (std::int64_t i = 0; i + 1 < shape.text_layers; ++i) {
    const at::Tensor& prompt = weights.at("compound_prompts_text." + std::to_string(i));
    // The reference rounds deep prompts to half (spec 5); gradients pass straight through.
    deep.push_back(prompt + (prompt.to(at::kHalf).to(at::kFloat) - prompt).detach());
  }
  const at::Tensor text = encode_tokens(weights, shape, tokens, eot, deep);
  return text / text.norm(2, -1, true);
}

}  // namespace anomalyclip::pretrain
