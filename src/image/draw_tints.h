#pragma once

#include <array>

#include <anomalyclip/draw.h>

#include "image/draw_tint.h"
#include "image/heatmap.h"

namespace anomalyclip {

/// Opacity and colour of each level of HeatmapScale, in the frame's samples. Grey frames have no colours: there the
/// heatmap lightens, whatever the colormap.
struct LevelTints {
  LevelTints(const TintBlender& blender, const OverlayStyle& style);

  std::array<int, HeatmapScale::kLevels> opacity;
  std::array<Ink, HeatmapScale::kLevels> ink;
};

/// Which parts of a map are drawn.
struct MapParts {
  MapParts(const TintBlender& blender, Overlay overlay);

  bool heatmap, contours;
};

/// @throws Error kSettings when the map has other than width x height values
void validate(const MapView& map);

/// What colours are bound to.
HeatmapScale scale_of(const OverlayStyle& style);

}  // namespace anomalyclip
