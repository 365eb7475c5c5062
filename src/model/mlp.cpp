#include "model/mlp.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/sigmoid.h>

namespace anomalyclip {
namespace {

/// x * sigmoid(1.702 x); overwrites x where no gradient needs it.
at::Tensor quick_gelu(at::Tensor x) {
  at::Tensor gate = x * 1.702;
  if (at::GradMode::is_enabled() && x.requires_grad()) return x * at::sigmoid(gate);
  return x.mul_(gate.sigmoid_());
}

}  // namespace

at::Tensor Mlp::operator()(const at::Tensor& x) const {
  at::Tensor hidden = c_fc(x);  // [..., 4 * width]
  hidden = activation == Activation::kQuickGelu ? quick_gelu(std::move(hidden)) : at::gelu(hidden);
  return c_proj(hidden);  // [..., width]
}

}  // namespace anomalyclip
