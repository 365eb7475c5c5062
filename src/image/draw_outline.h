#pragma once

#include <span>

#include <anomalyclip/draw.h>

#include "image/draw_map_rows.h"
#include "image/draw_tint.h"

namespace anomalyclip {

/// A bright line with a dark rim, which shows on any background and in grey.
struct OutlineStyle {
  explicit OutlineStyle(const TintBlender& blender);

  int thickness;  ///< pixels, of the line and of the rim: one for every 240 of the frame's shorter
                  ///< side
  Ink line, rim;
};

/// Sets the outline of what is at or above the threshold in row y: the line inside, the rim
/// outside. Where the map ends, the outline closes.
/// @return the columns within which it did
Span outline_row(MapRows& map, int y, const OutlineStyle& style, TintRow& tint);

/// Draws the boxes of regions, clipped to the frame.
void draw_boxes(const TintBlender& blender, std::span<const Region> regions);

}  // namespace anomalyclip
