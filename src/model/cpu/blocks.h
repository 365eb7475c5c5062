#pragma once

#include <cstdint>

namespace anomalyclip::cpu {

// The CPU encoder works on blocks of 32 x 32 numbers: what a 2 x 2 arrangement of AMX tiles multiplies, and what every
// step between two products reads and writes. Operands of a product lie in memory as the hardware reads them, so that
// nothing is ever repacked:
//
//   left operand   strips of 16 rows; strip s, step k (32 columns): tile [16 rows][32 columns]
//   right operand  panels of 32 columns; panel p, step k (32 rows): two tiles [16 row pairs][16 columns][2 rows], of
//                  float32 numbers two tiles [32 rows][16 columns]
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

/// What the numbers of an operand are.
enum class Form {
  kHalf,   ///< bfloat16
  kSplit,  ///< bfloat16, and what rounding to them lost, as bfloat16 again: x = high + low to 2^-17. A product of split
           ///< operands is high high + high low + low high.
  kFull,   ///< float32
};

template <typename HalfPointer, typename FloatPointer>
struct BasicOperand {
  HalfPointer high = nullptr, low = nullptr;
  FloatPointer full = nullptr;

  BasicOperand() = default;
  BasicOperand(HalfPointer h, HalfPointer l, FloatPointer f = nullptr) : high(h), low(l), full(f) {}
  template <typename H, typename F>
  BasicOperand(const BasicOperand<H, F>& other)
      : high(other.high), low(other.low), full(other.full) {}

  explicit operator bool() const { return high || full; }
  Form form() const { return full ? Form::kFull : low ? Form::kSplit : Form::kHalf; }
  BasicOperand at(std::int64_t offset) const {
    return {high ? high + offset : nullptr, low ? low + offset : nullptr,
            full ? full + offset : nullptr};
  }
};

/// Numbers in memory as products read them: those that its form has, null otherwise.
using Operand = BasicOperand<Half*, float*>;
using ConstOperand = BasicOperand<const Half*, const float*>;

/// Bytes of one number.
inline constexpr int size_of(Form form) {
  return form == Form::kHalf ? 2 : 4;
}

/// An operand in raw memory: `numbers` of size_of(form), aligned for float32.
inline Operand operand_in(void* memory, std::int64_t numbers, Form form) {
  auto* half = static_cast<Half*>(memory);
  if (form == Form::kFull) return {nullptr, nullptr, static_cast<float*>(memory)};
  return {half, form == Form::kSplit ? half + numbers : nullptr};
}

}  // namespace anomalyclip::cpu
