#include "model/dpam_attention.h"

#include <algorithm>

#include <ATen/core/grad_mode.h>

#include "model/cpu/blocked_layer.h"
#include "model/finish_layer.h"
#include "model/stacked_attention.h"

namespace anomalyclip {
namespace {

/// Q, K and V, each where something reads it; Q of the class token alone where nothing else asks.
Heads project_needed(const Attention& attn, const at::Tensor& h,
                     const std::vector<AttentionKind>& attention, const LayerNeeds& needs) {
  const auto local = [&](AttentionKind kind) {
    return needs.local && std::find(attention.begin(), attention.end(), kind) != attention.end();
  };
  const bool all_queries = needs.original == Rows::kAll || local(AttentionKind::kQQ);
  const bool keys = needs.original != Rows::kNone || local(AttentionKind::kKK);
  if (all_queries && keys) return attn.project(h);
  Heads heads;
  if (all_queries)
    heads.query = attn.query(h);
  else if (needs.original == Rows::kClassToken)
    heads.query = attn.query(h.narrow(1, 0, 1));
  if (keys) heads.key = attn.key(h);
  heads.value = attn.value(h);
  return heads;
}

/// What attends to itself (paper Table 10).
const at::Tensor& attending(const Heads& heads, AttentionKind kind) {
  switch (kind) {
    case AttentionKind::kQQ:
      return heads.query;
    case AttentionKind::kKK:
      return heads.key;
    case AttentionKind::kVV:
    case AttentionKind::kQK:  // never a local path
      break;
  }
  return heads.value;
}

/// One launch for both paths: on a GPU, where a launch of one of them leaves much of it idle.
bool stacks(const DualPath& x, const LayerNeeds& needs) {
  return x.original.is_cuda() && !at::GradMode::is_enabled() && needs.local &&
         x.local.size() == 1 && needs.original == Rows::kAll;
}

}  // namespace

DualPath fork(const at::Tensor& x, std::size_t attention_kinds) {
  return {std::vector<at::Tensor>(attention_kinds, x), x};
}

at::Tensor plain_layer(const ResidualBlock& block, at::Tensor x, const LayerNeeds& needs) {
  if (block.blocked) {
    std::vector<at::Tensor> local;
    block.blocked->run(x, local, {}, needs);
    return x;
  }
  return needs.original == Rows::kClassToken ? block.class_token(x) : block(x);
}

DualPath dpam_layer(const ResidualBlock& block, DualPath x,
                    const std::vector<AttentionKind>& attention, const LayerNeeds& needs) {
  if (block.blocked) {
    block.blocked->run(x.original, x.local, attention, needs);
    return x;
  }
  // Both paths read the original one: h [B, tokens, width], heads [B, heads, tokens, 64] each.
  const at::Tensor h = block.attention_input(x.original);
  const Heads heads = project_needed(block.attn, h, attention, needs);

  if (stacks(x, needs))
    if (auto both = stacked_dpam_layer(block, x, heads, attending(heads, attention[0])))
      return *std::move(both);

  DualPath out = x;
  for (std::size_t i = 0; needs.local && i < attention.size(); ++i) {
    const at::Tensor& t = attending(heads, attention[i]);
    const at::Tensor collected = attend(t, t, heads.value);     // [B, tokens, width]
    out.local[i] = block.add_attention(x.local[i], collected);  // [B, tokens, width]
  }
  if (needs.original == Rows::kNone) return out;

  const bool one = needs.original == Rows::kClassToken;
  const at::Tensor query = one ? heads.query.narrow(2, 0, 1) : heads.query;  // [B, heads, rows, 64]
  const at::Tensor rows = one ? x.original.narrow(1, 0, 1) : x.original;     // [B, rows, width]
  const at::Tensor collected = attend(query, heads.key, heads.value);        // [B, rows, width]
  out.original = finish_layer(block, rows, block.attn.out_proj(collected));  // [B, rows, width]
  return out;
}

}  // namespace anomalyclip
