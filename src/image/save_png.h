#pragma once

#include <string>

#include <anomalyclip/frame.h>

namespace anomalyclip {

// Files are written aside and renamed: never half of one.

/// Writes a frame of any format as an 8-bit PNG: grey formats as grey, all others as RGB.
/// @throws Error kSettings (the frame makes no sense; the file cannot be written), kNotFound (no such folder)
void save_png(const std::string& path, const FrameView& frame);

}  // namespace anomalyclip
