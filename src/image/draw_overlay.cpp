#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include <anomalyclip/draw.h>
#include <anomalyclip/error.h>

#include "image/draw_label.h"
#include "image/draw_map_rows.h"
#include "image/draw_outline.h"
#include "image/draw_tint.h"
#include "image/heatmap.h"

namespace anomalyclip {
namespace {

void check(const MapView& map) {
  const auto expected = static_cast<std::int64_t>(map.width) * map.height;
  if (map.width < 1 || map.height < 1 || static_cast<std::int64_t>(map.values.size()) != expected)
    throw Error(ErrorCode::kSettings, "anomaly map: expected width x height values, and found " +
                                          std::to_string(map.values.size()) + " for " +
                                          std::to_string(map.width) + "x" +
                                          std::to_string(map.height));
}

/// Opacity and colour of each level of HeatmapScale, in the frame's samples.
struct LevelTints {
  std::array<int, HeatmapScale::kLevels> opacity;
  std::array<Ink, HeatmapScale::kLevels> ink;

  /// Grey frames have no colours: there the heatmap lightens, whatever the colormap.
  LevelTints(const TintBlender& blender, const OverlayStyle& style) {
    const auto& table = colormap_table(style.colormap);
    const double full = std::clamp(style.opacity, 0.0, 1.0) * TintRow::kOpaque;
    for (int level = 0; level < HeatmapScale::kLevels; ++level) {
      opacity[level] = static_cast<int>(std::lround(full * HeatmapScale::opacity(level)));
      ink[level] =
          blender.ink(blender.is_grey() ? Rgb{255, 255, 255} : table[HeatmapScale::colour(level)]);
    }
  }
};

Span heatmap_row(const MapRows::Row& row, const LevelTints& tints, TintRow& tint) {
  for (int x = row.columns.begin; x < row.columns.end; ++x) {
    const std::uint8_t level = row.levels[x];
    tint.set(x, tints.ink[level], tints.opacity[level]);
  }
  return row.columns;
}

void draw_map(const TintBlender& blender, const MapView& map, const OverlayStyle& style) {
  const bool heatmap = style.overlay != Overlay::kContours;
  // White on a white part would not be seen: in grey an outline helps out.
  const bool contours = style.overlay != Overlay::kHeatmap || blender.is_grey();
  const OutlineStyle outline(blender);
  const LevelTints tints(blender, style);
  const HeatmapScale scale(style.pixel_threshold.value_or(0.5));
  const int reach = contours ? outline.thickness : 0;
  MapRows rows(map, scale, blender.width(), blender.height(), 2 * reach + 1, reach);
  const int first = std::max(map.covers.y, 0) - reach;
  const std::int64_t last = std::int64_t{map.covers.y} + map.covers.height + reach;
  blender.blend_rows(first, static_cast<int>(std::min<std::int64_t>(last, blender.height())),
                     [&](int y, TintRow& tint) {
                       Span touched;
                       if (heatmap) touched = heatmap_row(rows.row(y), tints, tint);
                       if (contours) touched = touched | outline_row(rows, y, outline, tint);
                       return touched;
                     });
}

}  // namespace

void draw_overlay(const MutableFrameView& frame, const MapView& map,
                  std::span<const Region> regions, const OverlayStyle& style) {
  const TintBlender blender(frame);
  if (style.overlay != Overlay::kNone) {
    if (map.values.empty()) {
      draw_boxes(blender, regions);
    } else {
      check(map);
      draw_map(blender, map, style);
    }
  }
  if (!style.label.empty()) draw_label(blender, style.label, style.verdict);
}

}  // namespace anomalyclip
