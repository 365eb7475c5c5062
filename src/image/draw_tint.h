#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include <anomalyclip/frame.h>

#include "image/draw_arithmetic.h"
#include "image/heatmap.h"
#include "image/pixel_format.h"

namespace anomalyclip {

/// A colour in the frame's own samples: R, G, B or Y, U, V; grey: the first only.
using Ink = std::array<std::uint8_t, 3>;

/// What is to be blended over one row of pixels.
class TintRow {
 public:
  static constexpr int kOpaque = kOpaqueTint;

  explicit TintRow(int width) : alpha(width), marks(width) {
    for (auto& plane : colour) plane.resize(width);
  }

  void set(int x, const Ink& ink, int opacity) {
    alpha[x] = static_cast<std::uint16_t>(opacity);
    for (int c = 0; c < 3; ++c) colour[c][x] = ink[c];
  }

  std::vector<std::uint16_t> alpha;                 ///< [width], 0..kOpaque
  std::array<std::vector<std::uint8_t>, 3> colour;  ///< [width]; matters where alpha is not 0
  std::vector<std::uint8_t> marks;                  ///< [width]; for the painter's own use
};

/// Columns [begin, end).
struct Span {
  int begin = 0, end = 0;
  bool empty() const { return begin >= end; }
  /// The smallest span around both.
  Span operator|(const Span& other) const {
    if (empty()) return other;
    if (other.empty()) return *this;
    return {std::min(begin, other.begin), std::max(end, other.end)};
  }
};

/// Blends rows of tints into a frame of any format. Where chroma is shared by pixels, it gets their
/// mean tint.
class TintBlender {
 public:
  /// @throws Error kSettings (see validate())
  explicit TintBlender(const MutableFrameView& frame);

  bool is_grey() const { return info_.storage == Storage::kGrey; }

  Ink ink(const Rgb& rgb) const;

  int width() const { return frame_.width; }
  int height() const { return frame_.height; }

  /// Calls `paint` for rows [first_row, last_row), clipped to the frame and widened to rows that
  /// share chroma, top to bottom, and blends what it has set.
  /// @param paint  sets tints of a row and returns the columns within which it did; clipped to the
  /// frame by the caller
  void blend_rows(int first_row, int last_row,
                  const std::function<Span(int y, TintRow& tint)>& paint) const;

 private:
  void blend_samples(const TintRow& tint, std::uint8_t* row, Span columns) const;
  void blend_chroma(int y, const TintRow* tints, int rows, Span columns) const;
  std::uint8_t* line(int plane, int row) const {
    return frame_.planes[plane] + row * frame_.strides[plane];
  }

  MutableFrameView frame_;
  FormatInfo info_;
  bool full_range_;
};

}  // namespace anomalyclip
