#pragma once

#include <span>
#include <string>

#include <anomalyclip/frame.h>

namespace anomalyclip {

// Files are written aside and renamed: never half of one.

/// Writes a frame of any format as an 8-bit PNG: grey formats as grey, all others as RGB.
/// @throws Error kSettings (the frame makes no sense; the file cannot be written), kNotFound (no such folder)
void save_png(const std::string& path, const FrameView& frame);

/// Writes an anomaly map as a 16-bit grey PNG: 0..1 becomes 0..65535, rounded; values outside are clipped, NaN is 0.
/// @param map  [height, width], row-major
/// @throws Error kSettings (sizes that do not fit; the file cannot be written), kNotFound (no such folder)
void save_map_png(const std::string& path, std::span<const float> map, int width, int height);

}  // namespace anomalyclip
