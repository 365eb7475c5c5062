#pragma once

#include <vector>

#include <anomalyclip/prompts.h>

#include "model/layer_needs.h"
#include "model/residual_block.h"

namespace anomalyclip {

/// The token streams from the first DPAM layer on. Before it there is one, a plain tensor: this
/// type says that DPAM is on.
struct DualPath {
  /// [B, tokens, width] for each attention kind: what the anomaly map is read from
  std::vector<at::Tensor> local;
  /// [B, tokens, width], or [B, 1, width] after the last block: CLIP, unchanged
  at::Tensor original;
};

/// Where DPAM begins: both paths start as the input of its first layer.
DualPath fork(const at::Tensor& x, std::size_t attention_kinds);

/// A layer before DPAM: [B, tokens, width], or the class token alone, [B, 1, width], where `needs` says so.
at::Tensor plain_layer(const ResidualBlock& block, at::Tensor x, const LayerNeeds& needs);

/// One layer with diagonally prominent attention (paper section 3.3). The local path of each
/// kind collects
///   local + out_proj(softmax(T T^T / 8) V),   T = V, Q or K,
/// from the *original* path's tokens, without an MLP; the original path goes through the block as
/// CLIP has it. Only what `needs` names is computed; the rest passes through unchanged.
/// @param attention  without kQK, which is the original path
DualPath dpam_layer(const ResidualBlock& block, DualPath x,
                    const std::vector<AttentionKind>& attention, const LayerNeeds& needs);

}  // namespace anomalyclip
