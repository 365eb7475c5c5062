#pragma once

#include <cstddef>
#include <cstdint>

#include <anomalyclip/frame.h>

#include "core/host_device.h"
#include "image/draw_arithmetic.h"
#include "image/heatmap.h"
#include "image/map_positions.h"
#include "image/pixel_format.h"

namespace anomalyclip {

/// Where the samples of a frame that is drawn on lie: plain data, which a kernel takes by value.
struct InkLayout {
  std::uint8_t* planes[3];
  std::ptrdiff_t strides[3];  ///< bytes from one row to the next
  Storage storage;
  std::int32_t width, height, pixel_stride, offset[3];  ///< see FormatInfo
  bool words;                                           ///< 16-bit grey

  ANOMALYCLIP_HOST_DEVICE bool is_yuv() const { return storage <= Storage::kPackedYuv; }
  /// Pixels that share chroma: a thread's work.
  ANOMALYCLIP_HOST_DEVICE int group_width() const { return is_yuv() ? 2 : 1; }
  ANOMALYCLIP_HOST_DEVICE int group_height() const {
    return storage <= Storage::kSemiPlanarYuv ? 2 : 1;
  }
};

/// What is to be blended over one pixel.
struct Tint {
  int alpha = 0;  ///< 0..kOpaqueTint
  std::uint8_t ink[3] = {0, 0, 0};
};

/// A colour of the frame's own samples, opaque.
ANOMALYCLIP_HOST_DEVICE inline Tint opaque(const std::uint8_t ink[3]) {
  return {kOpaqueTint, {ink[0], ink[1], ink[2]}};
}

/// The line and the rim of an outline.
struct OutlineInks {
  std::int32_t thickness;
  std::uint8_t line[3], rim[3];

  ANOMALYCLIP_HOST_DEVICE Tint of(Mark mark) const { return opaque(mark == kInner ? line : rim); }
};

/// The anomaly map as a heatmap, as contours, or as both. What MapRows is to the CPU's rows, this is to single pixels.
struct MapPainter {
  const float* values;
  std::int32_t map_width, map_height;
  const MapPosition *columns, *rows;      ///< of the pixels from left and top on
  std::int32_t left, right, top, bottom;  ///< the covered part of the frame
  HeatmapScale scale;
  const Tint* tints;  ///< [HeatmapScale::kLevels]
  bool heatmap, contours;
  OutlineInks outline;

  /// 0 beside the map, and between samples that leave no trace.
  ANOMALYCLIP_HOST_DEVICE std::uint8_t level(int x, int y) const {
    if (x < left || x >= right || y < top || y >= bottom) return 0;
    const MapPosition column = columns[x - left], row = rows[y - top];
    const int next = column.sample + 1 < map_width ? column.sample + 1 : column.sample;
    const int lower = row.sample + 1 < map_height ? row.sample + 1 : row.sample;
    const float* above = values + std::ptrdiff_t{row.sample} * map_width;
    const float* below = values + std::ptrdiff_t{lower} * map_width;
    const float a = above[column.sample], b = above[next];
    const float c = below[column.sample], d = below[next];
    const float start = scale.start();
    if (!(a >= start || b >= start || c >= start || d >= start)) return 0;
    return scale.level(interpolated(interpolated(a, b, column.fraction),
                                    interpolated(c, d, column.fraction), row.fraction));
  }

  ANOMALYCLIP_HOST_DEVICE Tint operator()(int x, int y) const {
    const std::uint8_t here = level(x, y);
    if (contours) {
      const int reach = outline.thickness;
      const Mark mark =
          edge_mark(here, level(x - reach, y), level(x + reach, y), level(x, y - reach),
                    level(x, y + reach), HeatmapScale::kAtThreshold);
      if (mark != kNothing) return outline.of(mark);
    }
    return heatmap ? tints[here] : Tint{};
  }
};

/// Boxes of regions; a later one lies over an earlier one.
struct BoxPainter {
  const Rect* boxes;
  std::int32_t count;
  OutlineInks outline;

  ANOMALYCLIP_HOST_DEVICE static bool within(const Rect& box, std::int64_t grown, int x, int y) {
    return x >= box.x - grown && x < std::int64_t{box.x} + box.width + grown &&
           y >= box.y - grown && y < std::int64_t{box.y} + box.height + grown;
  }

  ANOMALYCLIP_HOST_DEVICE Tint operator()(int x, int y) const {
    for (int i = count - 1; i >= 0; --i) {
      if (!within(boxes[i], outline.thickness, x, y)) continue;
      if (!within(boxes[i], 0, x, y)) return outline.of(kOuter);
      if (!within(boxes[i], -outline.thickness, x, y)) return outline.of(kInner);
    }
    return {};
  }
};

/// A line of text that was rendered before, at the top left.
struct LabelPainter {
  const std::uint8_t* coverage;
  std::int32_t columns, rows;
  std::uint8_t ground[3], ink[3];

  ANOMALYCLIP_HOST_DEVICE Tint operator()(int x, int y) const {
    if (x >= columns || y >= rows) return {};
    const int covered = coverage[std::ptrdiff_t{y} * columns + x];
    Tint tint{label_opacity(covered), {}};
    for (int c = 0; c < 3; ++c) tint.ink[c] = label_sample(ground[c], ink[c], covered);
    return tint;
  }
};

/// One painter's work on a part of a frame.
template <typename Painter>
struct DrawJob {
  InkLayout frame;
  Painter painter;
  std::int32_t first_column, columns, first_row, rows;  ///< the part, in groups

  ANOMALYCLIP_HOST_DEVICE std::int64_t count() const { return std::int64_t{columns} * rows; }
};

/// Luma or grey, or R, G and B.
ANOMALYCLIP_HOST_DEVICE inline void blend_pixel(const InkLayout& frame, int x, int y,
                                                const Tint& tint) {
  std::uint8_t* pixel =
      frame.planes[0] + y * frame.strides[0] + std::ptrdiff_t{x} * frame.pixel_stride;
  if (frame.words) return blend_word(pixel, tint.ink[0], tint.alpha);
  const int samples = frame.storage == Storage::kPackedRgb ? 3 : 1;
  for (int c = 0; c < samples; ++c) {
    std::uint8_t& sample = pixel[frame.offset[c]];
    sample = blended(sample, tint.ink[c], tint.alpha);
  }
}

/// @param pair, row  of the chroma samples
ANOMALYCLIP_HOST_DEVICE inline void blend_chroma(const InkLayout& frame, int pair, int row,
                                                 const SharedTint& tint, int whole) {
  const bool planar = frame.storage == Storage::kPlanarYuv,
             packed = frame.storage == Storage::kPackedYuv;
  const int plane = packed ? 0 : 1;
  const std::ptrdiff_t column = std::ptrdiff_t{pair} * (planar ? 1 : packed ? 4 : 2);
  std::uint8_t* u = frame.planes[plane] + row * frame.strides[plane] + frame.offset[1] + column;
  std::uint8_t* v =
      planar ? frame.planes[2] + row * frame.strides[2] + column
             : frame.planes[plane] + row * frame.strides[plane] + frame.offset[2] + column;
  *u = blended_shared(*u, tint.u, tint.alpha, whole);
  *v = blended_shared(*v, tint.v, tint.alpha, whole);
}

/// The pixels of one group.
/// @param index  below count()
template <typename Painter>
ANOMALYCLIP_HOST_DEVICE void draw_group(const DrawJob<Painter>& job, std::int64_t index) {
  const InkLayout& frame = job.frame;
  const int column = job.first_column + static_cast<int>(index % job.columns);
  const int row = job.first_row + static_cast<int>(index / job.columns);
  const int left = column * frame.group_width(), top = row * frame.group_height();
  SharedTint shared;
  int pixels = 0;
  for (int y = top; y < top + frame.group_height() && y < frame.height; ++y)
    for (int x = left; x < left + frame.group_width() && x < frame.width; ++x, ++pixels) {
      const Tint tint = job.painter(x, y);
      if (tint.alpha == 0) continue;
      blend_pixel(frame, x, y, tint);
      shared.add(tint.alpha, tint.ink[1], tint.ink[2]);
    }
  if (frame.is_yuv() && shared.alpha > 0)
    blend_chroma(frame, column, row, shared, pixels * kOpaqueTint);
}

}  // namespace anomalyclip
