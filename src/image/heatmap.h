#pragma once

#include <array>
#include <cstdint>

#include <anomalyclip/draw.h>

#include "core/rounded_product.h"

namespace anomalyclip {

/// 8-bit R, G, B.
using Rgb = std::array<std::uint8_t, 3>;

/// 256 colours from cold to hot; OpenCV's tables, read once.
const std::array<Rgb, 256>& colormap_table(Colormap colormap);

/// How map values become tints, bound to the pixel threshold t and never to a map's own smallest
/// and largest value, so that colours mean the same in every frame and a good part stays clean:
///
///     value            opacity                    colour
///     below 0.9 t      0: the frame is untouched
///     0.9 t .. t       rises to the full one      the middle of the colormap
///     t .. 2 t         full                       from the middle to its hot end; reached at 1
///     where 2 t exceeds it
///
/// Values are sorted into levels, for tables to be made of: 0 is untouched, kAtThreshold and above
/// is at or above t.
class HeatmapScale {
 public:
  static constexpr int kLevels = 256;
  static constexpr int kAtThreshold = 64;

  /// @param pixel_threshold  any number; at or below 0 everything is at the hot end
  explicit HeatmapScale(double pixel_threshold);

  /// NaN is level 0.
  ANOMALYCLIP_HOST_DEVICE std::uint8_t level(float value) const {
    const float below = 1 + rounded_product(value - start_, below_gain_);
    const float above = rounded_product(value - threshold_, above_gain_);
    const float hot = kAtThreshold + 0.5f + (above < kAbove ? above : kAbove);
    const float traced = value >= start_ ? below : 0.0f;
    return static_cast<std::uint8_t>(static_cast<int>(value >= threshold_ ? hot : traced));
  }

  /// Nothing below this value leaves a trace.
  ANOMALYCLIP_HOST_DEVICE float start() const { return start_; }

  /// 0..1, of the full opacity.
  static double opacity(int level);
  /// Index into the colormap.
  static int colour(int level);

 private:
  static constexpr float kAbove = kLevels - 1 - kAtThreshold;
  float start_, threshold_, below_gain_, above_gain_;
};

}  // namespace anomalyclip
