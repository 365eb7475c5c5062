#pragma once

#include <cstdint>

#include "core/host_device.h"
#include "image/colour_matrix.h"
#include "image/cpu.h"

namespace anomalyclip {

// One pixel of the colour conversion, for the CPU's vectorised rows and for a GPU's thread.

/// Upper half of a 16 x 16 bit product; one instruction for a whole vector.
ANOMALYCLIP_HOST_DEVICE ANOMALYCLIP_INLINE std::int16_t multiply_high(std::int16_t a,
                                                                      std::int16_t b) {
  return static_cast<std::int16_t>((static_cast<std::int32_t>(a) * b) >> 16);
}

ANOMALYCLIP_HOST_DEVICE ANOMALYCLIP_INLINE std::uint8_t to_byte(std::int16_t fixed) {
  const std::int16_t value = static_cast<std::int16_t>(fixed >> 5);
  return static_cast<std::uint8_t>(value < 0 ? 0 : value > 255 ? 255 : value);
}

ANOMALYCLIP_HOST_DEVICE ANOMALYCLIP_INLINE void yuv_to_rgb(const YuvToRgb& k, std::uint8_t y,
                                                           std::uint8_t u, std::uint8_t v,
                                                           std::uint8_t& red, std::uint8_t& green,
                                                           std::uint8_t& blue) {
  const auto luma =
      static_cast<std::int16_t>(multiply_high(static_cast<std::int16_t>(y << 7), k.luma) + k.bias);
  const auto cb = static_cast<std::int16_t>((u - 128) * 256);
  const auto cr = static_cast<std::int16_t>((v - 128) * 256);
  red = to_byte(static_cast<std::int16_t>(luma + multiply_high(cr, k.red_v)));
  green = to_byte(static_cast<std::int16_t>(luma + multiply_high(cb, k.green_u) +
                                            multiply_high(cr, k.green_v)));
  blue = to_byte(static_cast<std::int16_t>(luma + multiply_high(cb, k.blue_u)));
}

}  // namespace anomalyclip
