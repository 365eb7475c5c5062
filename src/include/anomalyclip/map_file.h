#pragma once

#include <span>
#include <string>

namespace anomalyclip {

/// Writes an anomaly map as a 16-bit grey PNG: 0..1 becomes 0..65535, rounded; values outside are clipped, NaN is 0.
/// The file is written aside and renamed: there is never half of one.
/// @param map  [height, width], row-major
/// @throws Error kSettings (sizes that do not fit; the file cannot be written), kNotFound (no such folder)
void save_map_png(const std::string& path, std::span<const float> map, int width, int height);

}  // namespace anomalyclip
