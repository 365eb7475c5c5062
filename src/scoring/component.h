#pragma once

#include <cstdint>

namespace anomalyclip {

/// A connected part of a map, in samples. Plain integers, so that a kernel's threads can gather it together.
struct Component {
  std::int32_t left, top, right, bottom;  ///< the last two are one past the end
  std::int32_t samples;
  /// The bits of the largest value as a float, or of 0 where all are below: of floats that are not negative, the larger has
  /// the larger bits.
  std::int32_t score_bits;
};

}  // namespace anomalyclip
