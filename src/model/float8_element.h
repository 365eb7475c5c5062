#pragma once

#include <cmath>
#include <cstdint>

#include "core/host_device.h"
#include "model/fused_element.h"

namespace anomalyclip {

/// The largest number of an 8-bit float (e4m3): to_float8() brings the largest magnitude of every row to it.
inline constexpr float kLargestFloat8 = 448.0f;
/// Of a row of zeros, which no scale moves: as good as any, and no division by zero.
inline constexpr float kLeastFloat8Scale = 1e-30f;

/// The larger one, or the one that is NaN: a maximum that hides no NaN.
ANOMALYCLIP_HOST_DEVICE inline float larger(float a, float b) {
  return b > a || b != b ? b : a;
}

/// Rows to be rounded to 8-bit floats. Rows are contiguous, width is a multiple of 4.
/// @tparam T       a type that converts to float
/// @tparam Float8  a type that float converts to
template <typename T, typename Float8>
struct RoundRowsJob {
  const T* x;       ///< [rows, width]
  Float8* numbers;  ///< [rows, width]
  float* scale;     ///< [rows]
  std::int64_t rows;
  std::int32_t width;
};

/// One row of it, shared by kRowLanes.
template <typename T, typename Float8>
class RoundRow {
 public:
  ANOMALYCLIP_HOST_DEVICE RoundRow(const RoundRowsJob<T, Float8>& job, std::int64_t row)
      : x_(job.x + row * job.width),
        numbers_(job.numbers + row * job.width),
        scale_(job.scale + row),
        width_(job.width) {}

  /// The largest magnitude of this lane's elements.
  ANOMALYCLIP_HOST_DEVICE float largest(int lane) const {
    float found = 0;
    for (int i = 4 * lane; i < width_; i += 4 * kRowLanes) {
      const Quad<T> quad = quad_at(x_, i);
      for (int k = 0; k < 4; ++k) found = larger(found, fabsf(static_cast<float>(quad.values[k])));
    }
    return found;
  }

  /// Writes this lane's elements, and the first lane the scale.
  /// @param largest  of all lanes
  ANOMALYCLIP_HOST_DEVICE void round(int lane, float largest) const {
    const float scale = larger(kLeastFloat8Scale, largest / kLargestFloat8);
    for (int i = 4 * lane; i < width_; i += 4 * kRowLanes) {
      const Quad<T> quad = quad_at(x_, i);
      Quad<Float8> out;
      for (int k = 0; k < 4; ++k)
        out.values[k] = static_cast<Float8>(static_cast<float>(quad.values[k]) / scale);
      quad_at(numbers_, i) = out;
    }
    if (lane == 0) *scale_ = scale;
  }

 private:
  const T* x_;
  Float8* numbers_;
  float* scale_;
  std::int32_t width_;
};

}  // namespace anomalyclip
