#include "image/draw_tint.h"

#include <algorithm>

#include "image/colour_matrix.h"
#include "image/draw_arithmetic.h"

namespace anomalyclip {
namespace {

/// One sample of every pixel, `stride` bytes apart.
void blend_plane(const std::uint16_t* __restrict alpha, const std::uint8_t* __restrict colour,
                 int stride, int count, std::uint8_t* __restrict samples) {
  if (stride == 1) {  // a loop of its own, which the compiler vectorises
    for (int i = 0; i < count; ++i) samples[i] = blended(samples[i], colour[i], alpha[i]);
  } else {
    for (int i = 0; i < count; ++i)
      samples[i * stride] = blended(samples[i * stride], colour[i], alpha[i]);
  }
}

void blend_words(const std::uint16_t* alpha, const std::uint8_t* colour, int count,
                 std::uint8_t* samples) {
  for (int i = 0; i < count; ++i) blend_word(samples + 2 * i, colour[i], alpha[i]);
}

}  // namespace

TintBlender::TintBlender(const MutableFrameView& frame)
    : frame_(frame),
      info_(format_info(frame.format)),
      full_range_(is_full_range(frame.format, frame.range)) {
  validate(read_only(frame));
}

Ink TintBlender::ink(const Rgb& rgb) const {
  if (info_.storage == Storage::kPackedRgb) return rgb;
  return rgb_to_yuv(rgb, frame_.matrix, full_range_);
}

void TintBlender::blend_rows(int first_row, int last_row,
                             const std::function<Span(int, TintRow&)>& paint) const {
  const int at_once = info_.halves_rows() ? 2 : 1;
  TintRow tints[2] = {TintRow(frame_.width), TintRow(at_once == 2 ? frame_.width : 0)};
  last_row = std::min(last_row, frame_.height);
  for (int y = std::max(first_row, 0) / at_once * at_once; y < last_row; y += at_once) {
    const int rows = std::min(at_once, frame_.height - y);
    Span columns;
    for (int i = 0; i < rows; ++i) columns = columns | paint(y + i, tints[i]);
    if (columns.empty()) continue;
    for (int i = 0; i < rows; ++i) blend_samples(tints[i], line(0, y + i), columns);
    if (info_.is_yuv()) blend_chroma(y, tints, rows, columns);
    for (int i = 0; i < rows; ++i)
      std::fill(&tints[i].alpha[columns.begin],
                &tints[i].alpha[columns.begin] + (columns.end - columns.begin), 0);
  }
}

void TintBlender::blend_samples(const TintRow& tint, std::uint8_t* row, Span columns) const {
  const int stride = info_.pixel_stride, count = columns.end - columns.begin;
  const std::uint16_t* alpha = &tint.alpha[columns.begin];
  std::uint8_t* pixels = row + static_cast<std::ptrdiff_t>(columns.begin) * stride;
  if (frame_.format == PixelFormat::kGRAY16_LE)
    return blend_words(alpha, &tint.colour[0][columns.begin], count, pixels);
  const int samples = info_.storage == Storage::kPackedRgb ? 3 : 1;
  for (int c = 0; c < samples; ++c)
    blend_plane(alpha, &tint.colour[c][columns.begin], stride, count, pixels + info_.offset[c]);
}

void TintBlender::blend_chroma(int y, const TintRow* tints, int rows, Span span) const {
  const int row = info_.halves_rows() ? y / 2 : y;
  const int stride = info_.storage == Storage::kPlanarYuv   ? 1
                     : info_.storage == Storage::kPackedYuv ? 4
                                                            : 2;
  const int plane = info_.storage == Storage::kPackedYuv ? 0 : 1;
  std::uint8_t* u = line(plane, row) + info_.offset[1];
  std::uint8_t* v =
      info_.storage == Storage::kPlanarYuv ? line(2, row) : line(plane, row) + info_.offset[2];
  for (int pair = span.begin / 2; pair < (span.end + 1) / 2; ++pair) {
    const int columns = std::min(2, frame_.width - 2 * pair);
    SharedTint tint;
    for (int i = 0; i < rows; ++i)
      for (int x = 2 * pair; x < 2 * pair + columns; ++x)
        tint.add(tints[i].alpha[x], tints[i].colour[1][x], tints[i].colour[2][x]);
    if (tint.alpha == 0) continue;
    const int whole = rows * columns * TintRow::kOpaque;
    std::uint8_t& sample_u = u[static_cast<std::ptrdiff_t>(pair) * stride];
    std::uint8_t& sample_v = v[static_cast<std::ptrdiff_t>(pair) * stride];
    sample_u = blended_shared(sample_u, tint.u, tint.alpha, whole);
    sample_v = blended_shared(sample_v, tint.v, tint.alpha, whole);
  }
}

}  // namespace anomalyclip
