#pragma once

#include <cstdint>

namespace anomalyclip::cpu {

// The CPU encoder works on blocks of 32 x 32 numbers: what a 2 x 2 arrangement of AMX tiles multiplies, and what every
// step between two products reads and writes. Operands of a product lie in memory as the hardware reads them, so that
// nothing is ever repacked:
//
//   left operand   strips of 16 rows; strip s, step k (32 columns): tile [16 rows][32 columns]
//   right operand  panels of 32 columns; panel p, step k (32 rows): two tiles [16 row pairs][16 columns][2 rows]
//
// Rows are padded to whole blocks. Padding rows of a left operand give rows that nobody reads.

/// A bfloat16, as stored.
using Half = std::uint16_t;

inline constexpr int kBlock = 32;
inline constexpr int kTile = 16 * 32;         ///< numbers in one tile
inline constexpr int kBlockFloats = 32 * 32;  ///< numbers in one block: two tiles of bfloat16
inline constexpr int kHead = 64;              ///< width of an attention head
inline constexpr int kHeadSteps = kHead / kBlock;

inline constexpr int blocks_for(std::int64_t rows) {
  return static_cast<int>((rows + kBlock - 1) / kBlock);
}

/// An operand: bfloat16 numbers, and for split precision what rounding them lost, as bfloat16 again.
/// x = high + low to 2^-17; a product of split operands is high high + high low + low high.
struct Operand {
  Half* high = nullptr;
  Half* low = nullptr;  ///< null: plain bfloat16
  Operand at(std::int64_t offset) const { return {high + offset, low ? low + offset : nullptr}; }
};

struct ConstOperand {
  ConstOperand() = default;
  ConstOperand(const Half* h, const Half* l) : high(h), low(l) {}
  ConstOperand(const Operand& other) : high(other.high), low(other.low) {}
  const Half* high = nullptr;
  const Half* low = nullptr;
  ConstOperand at(std::int64_t offset) const {
    return {high + offset, low ? low + offset : nullptr};
  }
};

}  // namespace anomalyclip::cpu
