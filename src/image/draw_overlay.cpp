#include <algorithm>

#include <anomalyclip/draw.h>

#include "image/draw_label.h"
#include "image/draw_map_rows.h"
#include "image/draw_outline.h"
#include "image/draw_tint.h"
#include "image/draw_tints.h"

namespace anomalyclip {
namespace {

Span heatmap_row(const MapRows::Row& row, const LevelTints& tints, TintRow& tint) {
  for (int x = row.columns.begin; x < row.columns.end; ++x) {
    const std::uint8_t level = row.levels[x];
    tint.set(x, tints.ink[level], tints.opacity[level]);
  }
  return row.columns;
}

void draw_map(const TintBlender& blender, const MapView& map, const OverlayStyle& style) {
  const MapParts parts(blender, style.overlay);
  const OutlineStyle outline(blender);
  const LevelTints tints(blender, style);
  const int reach = parts.contours ? outline.thickness : 0;
  MapRows rows(map, scale_of(style), blender.width(), blender.height(), 2 * reach + 1, reach);
  const int first = std::max(map.covers.y, 0) - reach;
  const std::int64_t last = std::int64_t{map.covers.y} + map.covers.height + reach;
  blender.blend_rows(first, static_cast<int>(std::min<std::int64_t>(last, blender.height())),
                     [&](int y, TintRow& tint) {
                       Span touched;
                       if (parts.heatmap) touched = heatmap_row(rows.row(y), tints, tint);
                       if (parts.contours) touched = touched | outline_row(rows, y, outline, tint);
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
      validate(map);
      draw_map(blender, map, style);
    }
  }
  if (!style.label.empty()) draw_label(blender, style.label, style.verdict);
}

}  // namespace anomalyclip
