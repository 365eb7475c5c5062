#pragma once

#include <array>
#include <cstdint>

#include <anomalyclip/frame.h>

namespace anomalyclip {

/// Y'CbCr to R'G'B' in 16-bit fixed point; results within one of the exact, rounded value.
struct YuvToRgb {
  std::int16_t luma;                             ///< 1/2^14 a step of Y
  std::int16_t red_v, green_u, green_v, blue_u;  ///< 1/2^13 a step of U or V
  std::int16_t bias;                             ///< 1/2^5: black's luma, and rounding

  static YuvToRgb of(ColorMatrix matrix, bool full_range);

  /// One row; all four arrays have a sample a pixel.
  /// @param rgb  [width, 3]
  void convert_row(const std::uint8_t* y, const std::uint8_t* u, const std::uint8_t* v, int width,
                   std::uint8_t* rgb) const;
};

/// The way back, for single colours: rounded to 8 bits. [Y, U, V]
std::array<std::uint8_t, 3> rgb_to_yuv(const std::array<std::uint8_t, 3>& rgb, ColorMatrix matrix,
                                       bool full_range);

}  // namespace anomalyclip
