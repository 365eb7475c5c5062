#pragma once

#include <cstddef>
#include <cstdint>

#include "core/host_device.h"
#include "image/colour_arithmetic.h"
#include "image/pixel_format.h"

namespace anomalyclip {

/// Where the samples of a frame, or of a part of it, lie: plain data, which a kernel takes by value. What RowConverter
/// is to the CPU's rows, this is to single pixels.
struct SampleLayout {
  const std::uint8_t* planes[3];
  std::ptrdiff_t strides[3];  ///< bytes from one row to the next
  std::int32_t first_row[3],
      first_column[3];  ///< of the plane, in rows and bytes: what planes[] points at
  Storage storage;
  std::int32_t pixel_stride, offset[3];  ///< see FormatInfo
  bool limited_grey;                     ///< grey of 16..235, to be stretched
  YuvToRgb matrix;
};

/// The layout of a whole frame where it is.
/// @throws Error kSettings (see validate())
SampleLayout layout_of(const FrameView& frame);

// A part of a frame on its way to a GPU: the rows and columns that it needs of each plane, without padding, one plane
// after the other. Where chroma is shared by pixels, what an odd rectangle shares comes along whole.

/// @throws Error kSettings (see validate())
std::size_t packed_bytes(const FrameView& frame, const Rect& part);
/// @param out  [packed_bytes()]
void pack_part(const FrameView& frame, const Rect& part, std::uint8_t* out);
/// Coordinates stay the frame's.
/// @param packed  what pack_part() wrote, or where it has been copied to
SampleLayout packed_layout(const FrameView& frame, const Rect& part, const std::uint8_t* packed);

/// @param row, column  of the whole plane: in rows and bytes
ANOMALYCLIP_HOST_DEVICE inline std::uint8_t sample_at(const SampleLayout& frame, int plane, int row,
                                                      int column) {
  return frame.planes[plane][(row - frame.first_row[plane]) * frame.strides[plane] +
                             (column - frame.first_column[plane])];
}

/// The limited range of grey stretched to 0..255: round((grey - 16) * 255 / 219), which is never half way.
ANOMALYCLIP_HOST_DEVICE inline std::uint8_t stretched_grey(std::uint8_t grey) {
  const int scaled = (grey - 16) * 255;
  const int rounded = scaled > 0 ? (2 * scaled + 219) / 438 : 0;
  return static_cast<std::uint8_t>(rounded < 255 ? rounded : 255);
}

/// R, G and B of one pixel, exactly as RowConverter gives them; three times the same for grey.
ANOMALYCLIP_HOST_DEVICE inline void rgb_at(const SampleLayout& frame, int x, int y,
                                           std::uint8_t rgb[3]) {
  const int column = x * frame.pixel_stride;
  if (frame.storage == Storage::kPackedRgb) {
    for (int c = 0; c < 3; ++c) rgb[c] = sample_at(frame, 0, y, column + frame.offset[c]);
    return;
  }
  const std::uint8_t luma = sample_at(frame, 0, y, column + frame.offset[0]);
  if (frame.storage == Storage::kGrey) {
    rgb[0] = rgb[1] = rgb[2] = frame.limited_grey ? stretched_grey(luma) : luma;
    return;
  }
  const bool planar = frame.storage == Storage::kPlanarYuv,
             packed = frame.storage == Storage::kPackedYuv;
  const int group = x / 2 * (planar ? 1 : packed ? 4 : 2), row = packed ? y : y / 2;
  const std::uint8_t u = sample_at(frame, packed ? 0 : 1, row, group + frame.offset[1]);
  const std::uint8_t v = sample_at(frame,
                                   planar   ? 2
                                   : packed ? 0
                                            : 1,
                                   row, group + frame.offset[2]);
  yuv_to_rgb(frame.matrix, luma, u, v, rgb[0], rgb[1], rgb[2]);
}

}  // namespace anomalyclip
