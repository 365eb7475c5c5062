#pragma once

#include "model/cpu/blocks.h"

namespace anomalyclip::cpu {

/// How blocks are multiplied on this machine.
enum class Unit {
  kNone,    ///< neither of the below: this encoder does not run here
  kAvx512,  ///< AVX-512 with BF16
  kAmx,     ///< AMX tiles
};

/// The best that this machine has. $ANOMALYCLIP_CPU=avx512 leaves AMX unused, =none leaves both (for comparisons and tests).
Unit available_unit();

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

/// c [32][32] (+)= left [32 rows][steps * 32] right [steps * 32][32 columns].
/// @param strip  from the left operand's first strip to its second, in numbers
using Product = void (*)(const Half* left, std::int64_t strip, const Half* right, float* c,
                         int steps, bool accumulate);

/// The product that runs on `unit`, inside a ProductSession.
Product product_on(Unit unit);

/// 8-bit products, exact: c [32][32] (+)= left [32 rows][steps * 64] right [steps * 64][32 columns].
/// @param strip  from the left operand's first strip to its second, in bytes
using ByteProduct = void (*)(const std::uint8_t* left, std::int64_t strip, const std::int8_t* right,
                             std::int32_t* c, int steps, bool accumulate);

/// Null where `unit` has none.
ByteProduct byte_product_on(Unit unit);

/// The same for operands that may be split.
inline void multiply(Product product, ConstOperand left, std::int64_t strip, ConstOperand right,
                     float* c, int steps, bool accumulate) {
  if (left.low) {
    // Small terms first: they would be lost beside the sum of the large ones.
    product(left.low, strip, right.high, c, steps, accumulate);
    product(left.high, strip, right.low, c, steps, true);
    accumulate = true;
  }
  product(left.high, strip, right.high, c, steps, accumulate);
}

}  // namespace anomalyclip::cpu
