#pragma once

#include <ATen/core/Tensor.h>

namespace anomalyclip {

/// Whether no element is NaN or infinite; true for integers. Reads the memory once, at its full
/// speed, and allocates nothing: at::isfinite would write several tensors of the same size.
/// @param tensor  on the CPU, any strides (a copy is made where it is not contiguous)
bool all_finite(const at::Tensor& tensor);

}  // namespace anomalyclip
