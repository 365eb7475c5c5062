#pragma once

#include "model/cpu/blocked_linear.h"

namespace anomalyclip::cpu {

// 8-bit products. Operands lie as bfloat16 ones do (blocks.h), with 64 numbers of one byte where those have 32 of two.

/// Columns of a left operand, or rows of a right one, in one step.
inline constexpr int kByteStep = 64;
inline constexpr int kByteTile = 16 * kByteStep;  ///< bytes

/// A left operand: round(x / scale) + 128 for each number, with a scale for each row. Not symmetric because the
/// hardware multiplies unsigned by signed numbers.
struct ByteOperand {
  std::uint8_t* numbers = nullptr;
  float* scale = nullptr;  ///< [rows]
};

/// A weight matrix [out][in] as a right operand, transposed, each output with a scale of its own.
struct ByteMatrix {
  const std::int8_t* panels = nullptr;
  const float* scale = nullptr;  ///< [out]
  const std::int32_t* offset =
      nullptr;          ///< [out]: what 128 in place of 0 on the left adds to each sum
  int out = 0, in = 0;  ///< multiples of 32, of 64
  const std::int8_t* panel(int p) const { return panels + std::int64_t{p} * in * kBlock; }
};

/// Whether this unit multiplies bytes.
bool multiplies_bytes(Unit unit);

/// Writes 32 rows [32][in] of a weight matrix as panel `p`, and their scales and offsets from 32 p on.
void pack_byte_panel(const float* rows, int in, int p, std::int8_t* panels, float* scale,
                     std::int32_t* offset);

/// A left operand of `in` / 32 steps in 8 bits: what a row loses is at most 1 / 254 of its largest number. A row with a
/// number that is not finite gets a scale that is not.
void quantize(const Half* left, int blocks, int in, ByteOperand to);

/// As blocked_linear().
void byte_linear(Unit unit, ByteOperand left, const TokenRows& rows, const ByteMatrix& matrix,
                 const Destination& destination);

}  // namespace anomalyclip::cpu
