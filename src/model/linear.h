#pragma once

#include "model/float8.h"
#include "model/parameters.h"

namespace anomalyclip {

/// x W^T + b, in the precision of W.
struct Linear {
  Linear(const Parameters& parameters, std::int64_t out, std::int64_t in)
      : weight(parameters.matrix("weight", {out, in})), bias(parameters.matrix("bias", {out})) {}

  /// x [..., in] -> [..., out]
  at::Tensor operator()(const at::Tensor& x) const { return linear(x, weight, scale, bias); }

  /// The same without the bias.
  at::Tensor product(const at::Tensor& x) const { return linear(x, weight, scale, {}); }

  at::Tensor weight;  // [out, in]
  at::Tensor bias;    // [out]
  at::Tensor scale;   // [out, 1] float32 where the weight is in 8-bit floats; undefined elsewhere
};

}  // namespace anomalyclip
