#pragma once

#include <cstdint>

#include <anomalyclip/frame.h>

#include "core/size.h"

namespace anomalyclip {

/// A rectangle of a frame as the vision encoder wants it (the reference's test transform): Pillow's
/// bicubic to size x size, aspect not kept, then R'G'B' / 255, then CLIP's mean and standard
/// deviation. Thread-safe. Grey is resized in one channel and then replicated, which gives the same
/// as RGB does.
/// @param roi   inside the frame; pixels outside have no influence
/// @param size  pixels
/// @param out   [3, size, size]
/// @throws Error kSettings: the frame, the rectangle or the size makes no sense
void preprocess(const FrameView& frame, const Rect& roi, int size, float* out);

/// The same for any width and height.
/// @param out   [3, size.height, size.width]
void preprocess(const FrameView& frame, const Rect& roi, const Size& size, float* out);

/// Rows first..last - 1 of the same, so that threads may share a frame.
/// @param out  [3, size.height, size.width], of which those rows are written
/// @throws Error kSettings also when 0 <= first < last <= size.height does not hold
void preprocess_rows(const FrameView& frame, const Rect& roi, const Size& size, int first, int last,
                     float* out);

/// The step before normalisation.
/// @param out  [size, size, 3]
/// @throws Error kSettings
void preprocess_pixels(const FrameView& frame, const Rect& roi, int size, std::uint8_t* out);

/// The same for any width and height.
/// @param out  [size.height, size.width, 3]
void preprocess_pixels(const FrameView& frame, const Rect& roi, const Size& size,
                       std::uint8_t* out);

}  // namespace anomalyclip
