#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "model/cpu/blocks.h"

namespace anomalyclip {
struct LayerNorm;
}

namespace anomalyclip::cpu {

struct TokenRows;

/// A product at one of the tower's ends, the patch embedding or the last projection, by all threads. Immutable.
class BlockedProjection {
 public:
  /// Whether this machine can run it.
  static bool available(std::int64_t out);

  /// @param weight  [out, in] float32 on the CPU, out a multiple of 32; packed here
  /// @param half  in products of bfloat16, where the CPU has them; of float32 otherwise
  explicit BlockedProjection(const at::Tensor& weight, bool half = false);

  /// norm(x) weight^T: x [B, tokens, in] float32, in a multiple of 32 -> [B, tokens, out]
  at::Tensor of_normed(const LayerNorm& norm, const at::Tensor& x) const;

  /// The images' patches, row by row, times weight^T: [B, C, H, W] float32, in = C patch patch -> [B, P, out]
  /// @param patch  pixels; divides H and W
  at::Tensor of_patches(const at::Tensor& images, std::int64_t patch) const;

 private:
  /// A left operand of so many rows, in this thread's memory.
  Operand room(const TokenRows& rows) const;
  at::Tensor multiply(const Operand& left, const TokenRows& rows, at::IntArrayRef shape) const;

  Form form_;
  int out_, in_, padded_in_;
  at::Tensor packed_;  // a right operand
};

}  // namespace anomalyclip::cpu
