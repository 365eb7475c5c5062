#pragma once

#include <vector>

#include <anomalyclip/draw.h>

namespace anomalyclip {

/// Where a pixel lies between two samples of an axis of the map.
struct MapPosition {
  int sample;  ///< the one before it
  float fraction;
};

/// The part of a frame that a map covers, and where its pixels lie in the map.
struct MapPlacement {
  MapPlacement(const MapView& map, int frame_width, int frame_height);

  bool empty() const { return left >= right || top >= bottom; }

  int left, right, top, bottom;            ///< pixels; the ends are not in it
  std::vector<MapPosition> columns, rows;  ///< of the pixels from left and from top on
};

}  // namespace anomalyclip
