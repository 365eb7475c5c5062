#include "metrics/radix_sort.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <utility>

namespace anomalyclip::metrics {
namespace {

// 256 places to write to stay in the first-level cache: four such passes are faster than three of 11 bits.
constexpr int kBits = 8, kPasses = 4;
constexpr std::uint32_t kDigits = 1u << kBits;

/// Bits whose order as an integer is the float's: the sign flips, and negative numbers run backwards.
std::uint32_t to_key(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return bits ^ (static_cast<std::uint32_t>(-static_cast<std::int32_t>(bits >> 31)) | 0x80000000u);
}

std::uint32_t digit(float value, int pass) {
  return (to_key(value) >> (pass * kBits)) & (kDigits - 1);
}

}  // namespace

void radix_sort(std::vector<float>& values) {
  if (values.size() < 2048) return std::sort(values.begin(), values.end());
  std::array<std::vector<std::size_t>, kPasses> starts;
  for (auto& counts : starts) counts.resize(kDigits);
  for (const float value : values) {
    const std::uint32_t key = to_key(value);
    for (int pass = 0; pass < kPasses; ++pass)
      ++starts[static_cast<std::size_t>(pass)][(key >> (pass * kBits)) & (kDigits - 1)];
  }
  // Uninitialised on purpose: zeros would be written once for nothing.
  const auto scratch = std::make_unique_for_overwrite<float[]>(values.size());
  float *from = values.data(), *to = scratch.get();
  for (int pass = 0; pass < kPasses; ++pass) {
    auto& next = starts[static_cast<std::size_t>(pass)];
    if (std::find(next.begin(), next.end(), values.size()) != next.end()) continue;  // all alike
    std::size_t sum = 0;
    for (std::size_t& start : next) sum += std::exchange(start, sum);
    for (std::size_t i = 0; i < values.size(); ++i) to[next[digit(from[i], pass)]++] = from[i];
    std::swap(from, to);
  }
  if (from != values.data()) std::copy(from, from + values.size(), values.data());
}

}  // namespace anomalyclip::metrics
