#include "image/sample_layout.h"

#include <algorithm>
#include <cstring>

namespace anomalyclip {
namespace {

/// What a part of a frame needs of one plane.
struct PlanePart {
  int first_row, rows;        // of the plane
  int first_column, columns;  // bytes

  std::size_t bytes() const { return static_cast<std::size_t>(rows) * columns; }
};

struct Range {
  int first, count;
};

/// The samples that pixels share in pairs.
Range halved(const Range& pixels) {
  const int first = pixels.first / 2;
  return {first, (pixels.first + pixels.count - 1) / 2 - first + 1};
}

PlanePart part_of(const FormatInfo& info, int plane, const Rect& part) {
  const Range rows{part.y, part.height}, columns{part.x, part.width};
  const Range own = plane > 0 && info.halves_rows() ? halved(rows) : rows;
  const bool packed = info.storage == Storage::kPackedYuv;
  const Range samples = plane > 0 || packed ? halved(columns) : columns;
  int bytes = info.pixel_stride;
  if (packed) bytes = 4;
  if (plane > 0) bytes = info.storage == Storage::kSemiPlanarYuv ? 2 : 1;
  return {own.first, own.count, samples.first * bytes, samples.count * bytes};
}

/// All but the planes' places.
SampleLayout described(const FrameView& frame) {
  const FormatInfo& info = format_info(frame.format);
  const bool full_range = is_full_range(frame.format, frame.range);
  SampleLayout layout{};
  layout.storage = info.storage;
  layout.pixel_stride = info.pixel_stride;
  std::copy_n(info.offset, 3, layout.offset);
  layout.limited_grey = !full_range;
  layout.matrix = YuvToRgb::of(frame.matrix, full_range);
  return layout;
}

}  // namespace

SampleLayout layout_of(const FrameView& frame) {
  validate(frame);
  SampleLayout layout = described(frame);
  for (int plane = 0; plane < format_info(frame.format).planes; ++plane) {
    layout.planes[plane] = frame.planes[plane];
    layout.strides[plane] = frame.strides[plane];
  }
  return layout;
}

std::size_t packed_bytes(const FrameView& frame, const Rect& part) {
  validate(frame, part);
  const FormatInfo& info = format_info(frame.format);
  std::size_t bytes = 0;
  for (int plane = 0; plane < info.planes; ++plane) bytes += part_of(info, plane, part).bytes();
  return bytes;
}

void pack_part(const FrameView& frame, const Rect& part, std::uint8_t* out) {
  const FormatInfo& info = format_info(frame.format);
  for (int plane = 0; plane < info.planes; ++plane) {
    const PlanePart needed = part_of(info, plane, part);
    for (int row = 0; row < needed.rows; ++row, out += needed.columns)
      std::memcpy(out,
                  frame.planes[plane] + (needed.first_row + row) * frame.strides[plane] +
                      needed.first_column,
                  needed.columns);
  }
}

SampleLayout packed_layout(const FrameView& frame, const Rect& part, const std::uint8_t* packed) {
  const FormatInfo& info = format_info(frame.format);
  SampleLayout layout = described(frame);
  for (int plane = 0; plane < info.planes; ++plane) {
    const PlanePart needed = part_of(info, plane, part);
    layout.planes[plane] = packed;
    layout.strides[plane] = needed.columns;
    layout.first_row[plane] = needed.first_row;
    layout.first_column[plane] = needed.first_column;
    packed += needed.bytes();
  }
  return layout;
}

}  // namespace anomalyclip
