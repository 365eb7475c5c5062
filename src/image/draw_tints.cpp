#include "image/draw_tints.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <anomalyclip/error.h>

namespace anomalyclip {

LevelTints::LevelTints(const TintBlender& blender, const OverlayStyle& style) {
  const auto& table = colormap_table(style.colormap);
  const double full = std::clamp(style.opacity, 0.0, 1.0) * TintRow::kOpaque;
  for (int level = 0; level < HeatmapScale::kLevels; ++level) {
    opacity[level] = static_cast<int>(std::lround(full * HeatmapScale::opacity(level)));
    ink[level] =
        blender.ink(blender.is_grey() ? Rgb{255, 255, 255} : table[HeatmapScale::colour(level)]);
  }
}

MapParts::MapParts(const TintBlender& blender, Overlay overlay)
    : heatmap(overlay != Overlay::kContours),
      // White on a white part would not be seen: in grey an outline helps out.
      contours(overlay != Overlay::kHeatmap || blender.is_grey()) {}

void validate(const MapView& map) {
  const auto expected = static_cast<std::int64_t>(map.width) * map.height;
  if (map.width < 1 || map.height < 1 || static_cast<std::int64_t>(map.values.size()) != expected)
    throw Error(ErrorCode::kSettings, "anomaly map: expected width x height values, and found " +
                                          std::to_string(map.values.size()) + " for " +
                                          std::to_string(map.width) + "x" +
                                          std::to_string(map.height));
}

HeatmapScale scale_of(const OverlayStyle& style) {
  return HeatmapScale(style.pixel_threshold.value_or(0.5));
}

}  // namespace anomalyclip
