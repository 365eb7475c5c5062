#pragma once

#include <cstdint>
#include <vector>

#include <anomalyclip/frame.h>

#include "image/colour_matrix.h"
#include "image/pixel_format.h"

namespace anomalyclip {

// Any format to 8-bit R'G'B' or grey.
//
// Y'CbCr: the matrix and range of the frame, within one rounding step. Chroma is repeated over the
// pixels that share it, whatever the siting, as GStreamer's videoconvert does for I420.
// (videoconvert's own arithmetic is coarser there: its white is 253.) I420, NV12, YUY2 and UYVY go
// through the same code, so that the same samples are the same colours. GRAY16_LE: the upper byte,
// as videoconvert without its dithering; cameras that put 10 or 12 bits at the lower end have to be
// shifted upstream. Grey of limited range is stretched to 0..255. Alpha is ignored: a camera's
// fourth byte is rarely meant.

/// Hands out the rows of a rectangle of a frame as packed 8-bit samples, converting as late as
/// possible. Borrows the frame. Not thread-safe: one for each thread.
class RowConverter {
 public:
  /// @throws Error kSettings (see validate())
  RowConverter(const FrameView& frame, const Rect& roi);

  /// 1 for grey formats, else 3: R, G, B.
  int channels() const { return info_.storage == Storage::kGrey ? 1 : 3; }

  /// Row `y` of the rectangle, [width * channels]: inside the frame where it is stored so, or in
  /// `scratch`, which has room for one.
  const std::uint8_t* row(int y, std::uint8_t* scratch);

 private:
  const std::uint8_t* yuv_row(int y, std::uint8_t* scratch);
  const std::uint8_t* rgb_row(const std::uint8_t* in, std::uint8_t* scratch) const;
  const std::uint8_t* grey_row(const std::uint8_t* in, std::uint8_t* scratch) const;
  void unpack_chroma(int row);
  const std::uint8_t* line(int plane, int row) const;

  FrameView frame_;
  Rect roi_;
  FormatInfo info_;
  bool full_range_;
  YuvToRgb matrix_;
  int chroma_row_ = -1;  // the one that u_ and v_ hold
  std::vector<std::uint8_t> luma_, u_,
      v_;  // a sample a pixel, from the even column at or before the rectangle
};

/// Converts a rectangle to packed RGB. Grey is replicated.
/// @param rgb  [roi.height, roi.width, 3]
/// @throws Error kSettings
void to_rgb(const FrameView& frame, const Rect& roi, std::uint8_t* rgb);

}  // namespace anomalyclip
