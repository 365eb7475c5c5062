#include "image/map_positions.h"

#include <algorithm>
#include <cstdint>

namespace anomalyclip {
namespace {

/// Of pixels [first, last) of an axis, of which the map covers [origin, origin + extent).
std::vector<MapPosition> positions(int samples, int origin, int extent, int first, int last) {
  std::vector<MapPosition> result;
  for (int pixel = first; pixel < last; ++pixel) {
    // Centres of pixels and of samples are half a step from the edge.
    const double at = (static_cast<double>(pixel) - origin + 0.5) * samples / extent - 0.5;
    const double clamped = std::clamp(at, 0.0, samples - 1.0);
    const int sample = std::min(static_cast<int>(clamped), std::max(samples - 2, 0));
    result.push_back({sample, static_cast<float>(clamped - sample)});
  }
  return result;
}

int end_of(int origin, int extent, int limit) {
  return static_cast<int>(std::min<std::int64_t>(std::int64_t{origin} + extent, limit));
}

}  // namespace

MapPlacement::MapPlacement(const MapView& map, int frame_width, int frame_height)
    : left(std::max(map.covers.x, 0)),
      right(end_of(map.covers.x, map.covers.width, frame_width)),
      top(std::max(map.covers.y, 0)),
      bottom(end_of(map.covers.y, map.covers.height, frame_height)),
      columns(positions(map.width, map.covers.x, map.covers.width, left, right)),
      rows(positions(map.height, map.covers.y, map.covers.height, top, bottom)) {}

}  // namespace anomalyclip
