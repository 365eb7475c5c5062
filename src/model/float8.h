#pragma once

#include <ATen/core/Tensor.h>

namespace anomalyclip {

/// A matrix in 8-bit floats of four exponent and three mantissa bits (e4m3), whose rows stand for numbers[i] * scale[i].
struct Float8Rows {
  at::Tensor numbers;  ///< [rows, columns] float8_e4m3fn, none beyond 448, its largest
  at::Tensor scale;    ///< [rows, 1] float32, above zero
};

/// Rounds each row on the scale on which its largest magnitude is 448. NaN and infinity spoil their row and no other.
/// @param x  [rows, columns], any float type, on any device
Float8Rows to_float8(const at::Tensor& x);

/// x W^T + b, with each token of x rounded by to_float8(): products of 8-bit floats, summed in float32. On CUDA by the
/// tensor cores, from compute capability 8.9 on, without waiting for the GPU; on a CPU of the same rounded numbers in
/// float32, which is exact but for the sums' order.
/// @param x       [..., in] bfloat16
/// @param weight  [out, in]; on CUDA both multiples of 16
/// @param bias    [out] bfloat16, or undefined: none
/// @returns [..., out] bfloat16
at::Tensor float8_linear(const at::Tensor& x, const Float8Rows& weight, const at::Tensor& bias);

/// x W^T + b as the weight asks for.
/// @param scale  defined: the weight is in 8-bit floats, and these are its rows' scales; undefined: it is of x's type
/// @param bias   undefined: none
at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& scale,
                  const at::Tensor& bias);

}  // namespace anomalyclip
