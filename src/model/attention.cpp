#include "model/attention.h"

#include <cmath>
#include <limits>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/full.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/triu.h>

#include "model/clip_config.h"

namespace anomalyclip {
namespace {

/// [B, tokens, n * width] -> n tensors [B, heads, tokens, 64], without a copy.
std::vector<at::Tensor> split_heads(const at::Tensor& projected, std::int64_t n) {
  const std::int64_t heads = projected.size(-1) / (n * kHeadWidth);
  return projected
      .unflatten(-1, {n, heads, kHeadWidth})  // [B, tokens, n, heads, 64]
      .permute({2, 0, 3, 1, 4})               // [n, B, heads, tokens, 64]
      .unbind(0);
}

bool differentiated(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value) {
  return at::GradMode::is_enabled() &&
         (query.requires_grad() || key.requires_grad() || value.requires_grad());
}

at::Tensor attend_explicitly(const at::Tensor& query, const at::Tensor& key,
                             const at::Tensor& value, bool causal) {
  at::Tensor logits = at::matmul(query * std::pow(kHeadWidth, -0.5), key.transpose(-2, -1));
  if (causal) {
    const double never = -std::numeric_limits<double>::infinity();
    logits = logits + at::full({query.size(-2), key.size(-2)}, never, logits.options()).triu(1);
  }
  return at::matmul(at::softmax(logits, -1), value);
}

}  // namespace

at::Tensor attend(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                  bool causal) {
  const at::Tensor collected =  // [B, heads, tokens, 64]
      differentiated(query, key, value)
          ? attend_explicitly(query, key, value, causal)
          : at::scaled_dot_product_attention(query, key, value, /*attn_mask=*/{}, /*dropout_p=*/0.0,
                                             causal);
  return collected.transpose(1, 2).flatten(2);
}

Attention::Attention(const Parameters& parameters, std::int64_t width)
    : in_proj_weight(parameters.matrix("in_proj_weight", {3 * width, width})),
      in_proj_bias(parameters.matrix("in_proj_bias", {3 * width})),
      out_proj(parameters.in("out_proj"), width, width) {}

Heads Attention::project(const at::Tensor& x) const {
  const std::vector<at::Tensor> parts =
      split_heads(linear(x, in_proj_weight, in_proj_scale, in_proj_bias), 3);
  return {parts[0], parts[1], parts[2]};
}

at::Tensor Attention::part(const at::Tensor& x, std::int64_t index) const {
  const std::int64_t width = x.size(-1);
  const auto rows = [&](const at::Tensor& of) {
    return of.defined() ? of.narrow(0, index * width, width) : of;
  };
  return split_heads(linear(x, rows(in_proj_weight), rows(in_proj_scale), rows(in_proj_bias)),
                     1)[0];
}

}  // namespace anomalyclip
