#pragma once

#include <ATen/core/Tensor.h>

namespace anomalyclip::cpu {

/// A float32 product at one of the tower's ends, the patch embedding or the last projection, by all threads. Stays exact in
/// every precision, as these matrices do. Immutable.
class BlockedProjection {
 public:
  /// Whether this machine can run it.
  static bool available(std::int64_t out);

  /// @param weight  [out, in] float32 on the CPU, out a multiple of 32; packed here
  explicit BlockedProjection(const at::Tensor& weight);

  /// x [..., in] float32 -> x weight^T [..., out]
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  int out_, in_, padded_in_;
  at::Tensor packed_;  // a right operand of float32 numbers
};

}  // namespace anomalyclip::cpu
