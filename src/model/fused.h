#pragma once

#include <ATen/core/Tensor.h>

#include "model/layer_norm.h"

namespace anomalyclip {

// The steps between a block's matrix products, each in one launch on a GPU; what libtorch's operators would do in two to
// four. For inference: no gradient flows through them.

/// Whether they can take this tensor: on CUDA, in a build with kernels, outside of gradients.
bool fuses(const at::Tensor& x);

/// ln(x) as `dtype`.
/// @param x  [B, tokens, width] float32; its tokens may be some of a larger tensor's
at::Tensor fused_layer_norm(const at::Tensor& x, const LayerNorm& ln, at::ScalarType dtype);

struct Sum {
  at::Tensor sum;         ///< float32
  at::Tensor normalised;  ///< its layer norm, in the addend's type
};

/// @param addend  [B, tokens, width], contiguous: what a product gave
Sum fused_add_layer_norm(const at::Tensor& x, const at::Tensor& addend, const LayerNorm& ln);

/// QuickGELU of a product and its bias, in place.
/// @param product  [..., width], contiguous
void fused_bias_quick_gelu_(at::Tensor& product, const at::Tensor& bias);

}  // namespace anomalyclip
