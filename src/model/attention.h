#pragma once

#include "model/linear.h"

namespace anomalyclip {

/// What attends, to what, and what is collected: each [B, heads, tokens, 64].
struct Heads {
  at::Tensor query, key, value;
};

/// softmax(query key^T / sqrt(64)) value for every head, the heads joined again.
/// Fused, unless gradients flow: the fused kernel is slow to differentiate on a CPU.
/// @param causal  whether a token sees only itself and those before it
/// @returns [B, query tokens, heads * 64]
at::Tensor attend(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                  bool causal = false);

/// The projections of multi-head self-attention; what attends to what is decided by the caller.
struct Attention {
  Attention(const Parameters& parameters, std::int64_t width);

  /// x [B, tokens, width] -> Q, K and V of every token.
  Heads project(const at::Tensor& x) const;

  /// x [B, tokens, width] -> [B, heads, tokens, 64], one of the three alone.
  at::Tensor query(const at::Tensor& x) const { return part(x, 0); }
  at::Tensor key(const at::Tensor& x) const { return part(x, 1); }
  at::Tensor value(const at::Tensor& x) const { return part(x, 2); }

  at::Tensor in_proj_weight;  // [3 * width, width]: rows of Q, of K, of V
  at::Tensor in_proj_bias;    // [3 * width]
  at::Tensor in_proj_scale;   // as Linear's
  Linear out_proj;

 private:
  at::Tensor part(const at::Tensor& x, std::int64_t index) const;
};

}  // namespace anomalyclip
