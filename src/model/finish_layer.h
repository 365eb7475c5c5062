#pragma once

#include "model/residual_block.h"

namespace anomalyclip {

/// The second half of a block: y = x + projected, then y + mlp(ln_2(y)).
/// @param x          [B, tokens, width]
/// @param projected  [B, tokens, width]: out_proj of what the attention collected
at::Tensor finish_layer(const ResidualBlock& block, const at::Tensor& x,
                        const at::Tensor& projected);

}  // namespace anomalyclip
