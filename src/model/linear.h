#pragma once

#include <ATen/ops/linear.h>

#include "model/parameters.h"

namespace anomalyclip {

/// x W^T + b, in the precision of W.
struct Linear {
  Linear(const Parameters& parameters, std::int64_t out, std::int64_t in)
      : weight(parameters.matrix("weight", {out, in})), bias(parameters.matrix("bias", {out})) {}

  /// x [..., in] -> [..., out]
  at::Tensor operator()(const at::Tensor& x) const { return at::linear(x, weight, bias); }

  at::Tensor weight;  // [out, in]
  at::Tensor bias;    // [out]
};

}  // namespace anomalyclip
