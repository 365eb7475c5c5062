#pragma once

#include "model/cpu/blocks.h"

namespace anomalyclip::cpu {

/// How blocks are multiplied on this machine.
enum class Unit {
  kNone,     ///< none of the below: this encoder does not run here
  kAvx512F,  ///< AVX-512 without BF16: float32 alone
  kAvx512,   ///< AVX-512 with BF16
  kAmx,      ///< AMX tiles
};

/// The best that this machine has. $ANOMALYCLIP_CPU=avx512 leaves AMX unused, =avx512f BF16 too, =none all (for comparisons and
/// tests).
Unit available_unit();

/// Whether it multiplies other forms than float32.
inline bool multiplies_bfloat16(Unit unit) {
  return unit == Unit::kAvx512 || unit == Unit::kAmx;
}

/// Prepares the calling thread for products while it lives. AMX's tile shapes are a state of the thread that
/// other libraries set too; it is given back at the end.
class ProductSession {
 public:
  explicit ProductSession(Unit unit);
  ~ProductSession();
  ProductSession(const ProductSession&) = delete;
  ProductSession& operator=(const ProductSession&) = delete;

 private:
  Unit unit_;
};

/// How much of two operands is multiplied.
struct Extent {
  int steps;
  int rows;  ///< of the left operand's block that somebody reads: the others may be left out, and give zeros
  bool accumulate;  ///< onto what is there; with the same rows as before
};

/// c [32][32] (+)= left [32 rows][steps * 32] right [steps * 32][32 columns].
/// @param strip  from the left operand's first strip to its second, in numbers
using HalfProduct = void (*)(const Half* left, std::int64_t strip, const Half* right, float* c,
                             const Extent& extent);
using FullProduct = void (*)(const float* left, std::int64_t strip, const float* right, float* c,
                             const Extent& extent);

/// The products that run on a unit, inside a ProductSession.
struct Products {
  HalfProduct half;
  FullProduct full;
};

Products products_on(Unit unit);

/// 8-bit products, exact: c [32][32] (+)= left [32 rows][steps * 64] right [steps * 64][32 columns].
/// @param strip  from the left operand's first strip to its second, in bytes
using ByteProduct = void (*)(const std::uint8_t* left, std::int64_t strip, const std::int8_t* right,
                             std::int32_t* c, const Extent& extent);

/// Null where `unit` has none.
ByteProduct byte_product_on(Unit unit);

/// What a product of operands takes, in products of bfloat16.
inline constexpr int product_costs(Form form) {
  return form == Form::kHalf ? 1 : form == Form::kSplit ? 3 : 2;
}

/// The same for operands of any form, both of the same one.
inline void multiply(const Products& product, const ConstOperand& left, std::int64_t strip,
                     const ConstOperand& right, float* c, const Extent& extent) {
  // The extent is handed on, not copied: a copy is read wider than it was written, and so waits until all that was stored
  // before has left for the caches.
  if (left.full) return product.full(left.full, strip, right.full, c, extent);
  if (!left.low) return product.half(left.high, strip, right.high, c, extent);
  // Small terms first: they would be lost beside the sum of the large ones.
  const Extent onto{extent.steps, extent.rows, true};
  product.half(left.low, strip, right.high, c, extent);
  product.half(left.high, strip, right.low, c, onto);
  product.half(left.high, strip, right.high, c, onto);
}

}  // namespace anomalyclip::cpu
