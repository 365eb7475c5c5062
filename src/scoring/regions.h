#pragma once

#include <span>
#include <vector>

#include <anomalyclip/result.h>

#include "core/size.h"
#include "scoring/component.h"

namespace anomalyclip {

/// At most this many regions of a frame are kept, the strongest: a map that crosses the threshold
/// as noise all over would otherwise make thousands of metadata entries.
inline constexpr int kMostRegions = 64;

/// The least float that is not below a threshold: samples are compared as floats, many at a time.
float least_float(double threshold);

/// The connected parts (8 neighbours: touching at a corner is enough) of the map at or above the
/// threshold. Thread-safe. Boxes are in pixels of the frame, rounded outward and clipped to
/// `covers`; areas in pixels of the frame, rounded, at least 1. NaN belongs to no region.
/// @param map      [height, width], row-major
/// @param covers   the rectangle of the frame that the map spans
/// @return largest score first, then largest area, then top to bottom and left to right
/// @throws Error kSettings when a size is below 1
std::vector<Region> find_regions(const float* map, int width, int height, double pixel_threshold,
                                 const Rect& covers);

// What find_regions() shares with a search by other means.

/// @throws Error kSettings when a size is below 1
void require_sizes(const Size& map, const Rect& covers);

/// What find_regions() makes of the connected parts, in whatever order they come.
/// @param map  its size
std::vector<Region> strongest_regions(std::span<const Component> components, const Size& map,
                                      const Rect& covers);

}  // namespace anomalyclip
