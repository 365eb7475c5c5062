#pragma once

#include <ATen/ops/layer_norm.h>

#include "model/parameters.h"

namespace anomalyclip {

/// Layer normalisation over the last axis, in float32 whatever the precision of the matrices beside
/// it.
struct LayerNorm {
  LayerNorm(const Parameters& parameters, std::int64_t width)
      : weight(parameters.exact("weight", {width})), bias(parameters.exact("bias", {width})) {}

  /// x [..., width] -> [..., width]
  at::Tensor operator()(const at::Tensor& x) const {
    return at::layer_norm(x, weight.sizes(), weight, bias, /*eps=*/1e-5);
  }

  at::Tensor weight, bias;  // [width]
};

}  // namespace anomalyclip
