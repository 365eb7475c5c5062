#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/packed_file.h"
#include "model/arithmetic.h"
#include "model/attention.h"
#include "model/layer_norm.h"
#include "model/mlp.h"

namespace anomalyclip {

namespace cpu {
class BlockedLayer;
struct PackedPlace;
}  // namespace cpu

/// One pre-norm block of CLIP's transformers. The residual stream is float32 whatever
/// the precision of the matrices: it is where rounding would add up.
struct ResidualBlock {
  ResidualBlock(const Parameters& parameters, std::int64_t width, Activation activation)
      : ln_1(parameters.in("ln_1"), width),
        attn(parameters.in("attn"), width),
        ln_2(parameters.in("ln_2"), width),
        mlp(parameters.in("mlp"), width, activation) {}

  /// x [B, tokens, width] -> [B, tokens, width]: the block as CLIP has it.
  at::Tensor operator()(const at::Tensor& x, bool causal = false) const;

  /// The same for the class token alone: [B, 1, width]. All tokens are still attended to.
  at::Tensor class_token(const at::Tensor& x) const;

  /// ln_1(x), in the precision of the matrices.
  at::Tensor attention_input(const at::Tensor& x) const;

  /// x + out_proj(collected)
  at::Tensor add_attention(const at::Tensor& x, const at::Tensor& collected) const;

  /// x + mlp(ln_2(x))
  at::Tensor add_mlp(const at::Tensor& x) const;

  /// QuickGELU to GELU, or back; the weights stay shared with other copies of this block.
  void change_activation();

  /// kFloat8: the matrices become 8-bit floats, biases bfloat16, both beside the norms. Any other: hands the matrices over
  /// to a blocked layer, which does the same on this machine's matrix units; the members below hold none afterwards, and
  /// only dpam_layer() and plain_layer() may be called. CPU only.
  /// @param arithmetic  see cpu::BlockedLayer
  /// @param place  where the packed matrices lie
  void pack(Arithmetic arithmetic, const cpu::PackedPlace& place);

  LayerNorm ln_1;
  Attention attn;
  LayerNorm ln_2;
  Mlp mlp;
  std::shared_ptr<const cpu::BlockedLayer> blocked;  ///< null unless packed so
};

/// The blocks `resblocks.0`, `resblocks.1`, ... of one tower.
/// @param packing  each is packed as soon as it is read: a copy of one block's matrices is all that ever lies beside them
/// @param packed  a file of packed_sections() to lie in; null: memory of their own
std::vector<ResidualBlock> read_resblocks(const Parameters& parameters, std::int64_t layers,
                                          std::int64_t width, Activation activation,
                                          std::optional<Arithmetic> packing = std::nullopt,
                                          const PackedFile* packed = nullptr);

/// What read_resblocks() packs, for a file.
/// @param arithmetic  not kFloat8
std::vector<PackedSection> packed_sections(std::int64_t layers, std::int64_t width,
                                           Arithmetic arithmetic);

}  // namespace anomalyclip
