#pragma once

#include <cstddef>

#include <anomalyclip/frame.h>

namespace anomalyclip {

/// How a format stores its colour.
enum class Storage {
  kPlanarYuv,      ///< I420: Y, U, V planes, chroma halved both ways
  kSemiPlanarYuv,  ///< NV12: a Y plane and one of U, V pairs, chroma halved both ways
  kPackedYuv,      ///< YUY2, UYVY: two pixels in four bytes, chroma halved horizontally
  kPackedRgb,      ///< three or four bytes a pixel
  kGrey,           ///< one or two bytes a pixel
};

/// Where the samples of a format are.
struct FormatInfo {
  const char* name;  ///< as GStreamer spells it
  Storage storage;
  int planes;
  int pixel_stride;  ///< bytes from one pixel (of luma, for Y'CbCr) to the next, in plane 0
  /// Byte offsets: of R, G, B in a pixel; or of Y in a pixel, and U and V in their group of
  /// samples; grey: the byte to look at first.
  int offset[3];

  bool is_yuv() const { return storage <= Storage::kPackedYuv; }
  /// Chroma rows are halved too, not only columns.
  bool halves_rows() const { return storage <= Storage::kSemiPlanarYuv; }
};

/// @throws Error kSettings for a value outside the enumeration
const FormatInfo& format_info(PixelFormat format);

/// Bytes of one row of a plane without padding.
std::ptrdiff_t row_bytes(const FormatInfo& info, int plane, int width);

/// Rows of a plane.
int plane_rows(const FormatInfo& info, int plane, int height);

/// Luma, or grey, spans 0..255 in this frame.
bool is_full_range(PixelFormat format, ColorRange range);

/// The same frame, read only.
FrameView read_only(const MutableFrameView& frame);

/// Checks that sizes are at least 1, that every plane of the format is there, and that strides
/// (negative: bottom-up) hold a row.
/// @throws Error kSettings: what was expected and what was found
void validate(const FrameView& frame);

/// validate(), and the rectangle is not empty and lies within the frame.
/// @throws Error kSettings
void validate(const FrameView& frame, const Rect& roi);

}  // namespace anomalyclip
