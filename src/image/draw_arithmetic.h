#pragma once

#include <cstdint>

#include "core/host_device.h"
#include "core/rounded_product.h"
#include "image/cpu.h"

namespace anomalyclip {

// Single samples of the overlay, for the CPU's vectorised rows and for a GPU's thread: both draw the same bits.

/// The opacity that leaves nothing of what is below.
inline constexpr int kOpaqueTint = 256;

/// Between two samples of the map.
ANOMALYCLIP_HOST_DEVICE ANOMALYCLIP_INLINE float interpolated(float a, float b, float fraction) {
  return a + rounded_product(fraction, b - a);
}

/// @param alpha  0..kOpaqueTint; so below
ANOMALYCLIP_HOST_DEVICE ANOMALYCLIP_INLINE std::uint8_t blended(int below, int above, int alpha) {
  return static_cast<std::uint8_t>(below + (((above - below) * alpha + 128) >> 8));
}

/// 16-bit little-endian grey; 257 takes 0..255 to 0..65535.
ANOMALYCLIP_HOST_DEVICE ANOMALYCLIP_INLINE void blend_word(std::uint8_t* word, int above,
                                                           int alpha) {
  const int below = word[0] | word[1] << 8;
  const int mixed = below + (((above * 257 - below) * alpha + 128) >> 8);
  word[0] = static_cast<std::uint8_t>(mixed);
  word[1] = static_cast<std::uint8_t>(mixed >> 8);
}

/// The tints of pixels that share chroma: alpha, and U and V times it.
struct SharedTint {
  int alpha = 0, u = 0, v = 0;

  ANOMALYCLIP_HOST_DEVICE ANOMALYCLIP_INLINE void add(int weight, int tint_u, int tint_v) {
    alpha += weight;
    u += weight * tint_u;
    v += weight * tint_v;
  }
};

/// Chroma with the mean tint of its pixels over it.
/// @param sum    SharedTint::u or v
/// @param whole  kOpaqueTint for each of the pixels: 256, 512 or 1024
ANOMALYCLIP_HOST_DEVICE ANOMALYCLIP_INLINE std::uint8_t blended_shared(int below, int sum,
                                                                       int alpha, int whole) {
  return static_cast<std::uint8_t>((below * (whole - alpha) + sum + whole / 2) / whole);
}

/// What an outline makes of a pixel: nothing, the line inside, the rim outside.
enum Mark : std::uint8_t { kNothing, kInner, kOuter };

/// Whether a pixel is inside and one of its four neighbours at a distance is not, or the other way round.
/// @param inside  the least level that is
ANOMALYCLIP_HOST_DEVICE ANOMALYCLIP_INLINE Mark edge_mark(std::uint8_t here, std::uint8_t left,
                                                          std::uint8_t right, std::uint8_t above,
                                                          std::uint8_t below, std::uint8_t inside) {
  const std::uint8_t across = left < right ? left : right, wider = left < right ? right : left;
  const std::uint8_t down = above < below ? above : below, higher = above < below ? below : above;
  const std::uint8_t least = across < down ? across : down;
  const std::uint8_t most = wider < higher ? higher : wider;
  const Mark inner = least < inside ? kInner : kNothing;
  const Mark outer = most >= inside ? kOuter : kNothing;
  return here >= inside ? inner : outer;
}

/// The label's dark ground lets some of the frame through; of kOpaqueTint.
inline constexpr int kGroundOpacity = 170;

/// @param coverage  of the pixel by the text, 0..255; so below
ANOMALYCLIP_HOST_DEVICE ANOMALYCLIP_INLINE int label_opacity(int coverage) {
  return kGroundOpacity + (kOpaqueTint - kGroundOpacity) * coverage / 255;
}

ANOMALYCLIP_HOST_DEVICE ANOMALYCLIP_INLINE std::uint8_t label_sample(int ground, int ink,
                                                                     int coverage) {
  return static_cast<std::uint8_t>(ground + (ink - ground) * coverage / 255);
}

}  // namespace anomalyclip
