#include "model/mlp.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/sigmoid.h>

#include "model/fused.h"

namespace anomalyclip {
namespace {

/// x * sigmoid(1.702 x); overwrites x where no gradient needs it.
at::Tensor quick_gelu(at::Tensor x) {
  at::Tensor gate = x * 1.702;
  if (at::GradMode::is_enabled() && x.requires_grad()) return x * at::sigmoid(gate);
  return x.mul_(gate.sigmoid_());
}

at::Tensor fused_hidden(const Linear& c_fc, const at::Tensor& x) {
  at::Tensor product = c_fc.product(x);
  fused_bias_quick_gelu_(product, c_fc.bias);
  return product;
}

}  // namespace

at::Tensor Mlp::operator()(const at::Tensor& x) const {
  at::Tensor hidden;  // [..., 4 * width]
  if (activation != Activation::kQuickGelu)
    hidden = at::gelu(c_fc(x));
  else
    hidden = fuses(x) ? fused_hidden(c_fc, x) : quick_gelu(c_fc(x));
  return c_proj(hidden);  // [..., width]
}

}  // namespace anomalyclip
