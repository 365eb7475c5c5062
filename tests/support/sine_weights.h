#pragma once

#include <ATen/core/Tensor.h>

#include "core/weights.h"

namespace anomalyclip::testing {

/// Tensor number t of the small deterministic model: element k is base + scale * sin(1 + 0.37 t +
/// 0.61803398875 k), computed in double.
at::Tensor sine_tensor(int t, at::IntArrayRef shape, double scale, double base = 0);

/// The small deterministic model: 24 vision blocks 128 wide, 12 text blocks 64 wide, embeddings of
/// 32, patches of 14 pixels, a grid of 5; tensors 0 to 444.
Weights sine_weights();

}  // namespace anomalyclip::testing
