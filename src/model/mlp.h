#pragma once

#include "model/clip_config.h"
#include "model/linear.h"

namespace anomalyclip {

/// The feed-forward half of a block: four times as wide inside.
struct Mlp {
  Mlp(const Parameters& parameters, std::int64_t width, Activation activation_)
      : c_fc(parameters.in("c_fc"), 4 * width, width),
        c_proj(parameters.in("c_proj"), width, 4 * width),
        activation(activation_) {}

  /// x [..., width] -> [..., width]
  at::Tensor operator()(const at::Tensor& x) const;

  Linear c_fc, c_proj;
  Activation activation;
};

}  // namespace anomalyclip
