#include "core/finite.h"

#include <algorithm>
#include <cstdint>

namespace anomalyclip {
namespace {

// A float is NaN or infinite when all bits of its exponent are set.
template <typename Word>
bool exponents_below(const void* data, std::int64_t count, Word exponent) {
  constexpr std::int64_t kBlock =
      16384;  // an early way out, rare enough for the loop inside to be vectorised
  const Word* words = static_cast<const Word*>(data);
  for (std::int64_t begin = 0; begin < count; begin += kBlock) {
    const std::int64_t end = std::min(count, begin + kBlock);
    Word found = 0;
    for (std::int64_t i = begin; i < end; ++i) found |= Word((words[i] & exponent) == exponent);
    if (found) return false;
  }
  return true;
}

}  // namespace

bool all_finite(const at::Tensor& tensor) {
  const at::Tensor values = tensor.contiguous();
  const void* data = values.const_data_ptr();
  switch (values.scalar_type()) {
    case at::kDouble:
      return exponents_below<std::uint64_t>(data, values.numel(), 0x7ff0000000000000u);
    case at::kFloat:
      return exponents_below<std::uint32_t>(data, values.numel(), 0x7f800000u);
    case at::kHalf:
      return exponents_below<std::uint16_t>(data, values.numel(), 0x7c00u);
    case at::kBFloat16:
      return exponents_below<std::uint16_t>(data, values.numel(), 0x7f80u);
    default:
      return true;
  }
}

}  // namespace anomalyclip
