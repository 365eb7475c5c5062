#include "image/draw_outline.h"

#include <algorithm>

namespace anomalyclip {
namespace {

constexpr Rgb kLine{255, 230, 0}, kGreyLine{255, 255, 255}, kRim{0, 0, 0};

Span widened(Span columns, int by, int width) {
  if (columns.empty()) return columns;
  return {std::max(columns.begin - by, 0), std::min(columns.end + by, width)};
}

void set(TintRow& tint, Span columns, const Ink& ink) {
  for (int x = columns.begin; x < columns.end; ++x) tint.set(x, ink, TintRow::kOpaque);
}

void mark_edges(const std::uint8_t* __restrict here, const std::uint8_t* __restrict above,
                const std::uint8_t* __restrict below, int reach, Span columns,
                std::uint8_t* __restrict marks) {
  for (int x = columns.begin; x < columns.end; ++x)
    marks[x] = edge_mark(here[x], here[x - reach], here[x + reach], above[x], below[x],
                         HeatmapScale::kAtThreshold);
}

/// Columns of a rectangle, grown on all sides, in row y.
Span columns_of(const Rect& box, int grown, int y, int width) {
  const std::int64_t top = box.y - std::int64_t{grown}, left = box.x - std::int64_t{grown};
  if (y < top || y >= top + box.height + 2 * grown) return {};
  const std::int64_t right = left + box.width + 2 * grown;
  return {static_cast<int>(std::clamp<std::int64_t>(left, 0, width)),
          static_cast<int>(std::clamp<std::int64_t>(right, 0, width))};
}

/// What of `outer` is not in `inner`, which lies within it.
void set_between(TintRow& tint, Span outer, Span inner, const Ink& ink) {
  if (inner.empty()) return set(tint, outer, ink);
  set(tint, {outer.begin, inner.begin}, ink);
  set(tint, {inner.end, outer.end}, ink);
}

}  // namespace

OutlineStyle::OutlineStyle(const TintBlender& blender)
    : thickness(std::max(1, std::min(blender.width(), blender.height()) / 240)),
      line(blender.ink(blender.is_grey() ? kGreyLine : kLine)),
      rim(blender.ink(kRim)) {}

Span outline_row(MapRows& map, int y, const OutlineStyle& style, TintRow& tint) {
  const int reach = style.thickness;
  const MapRows::Row above = map.row(y - reach), here = map.row(y), below = map.row(y + reach);
  const Span columns = widened(above.columns | here.columns | below.columns, reach,
                               static_cast<int>(tint.alpha.size()));
  std::uint8_t* marks = tint.marks.data();
  mark_edges(here.levels, above.levels, below.levels, reach, columns, marks);
  for (int x = columns.begin; x < columns.end; ++x)
    if (marks[x] != kNothing)
      tint.set(x, marks[x] == kInner ? style.line : style.rim, TintRow::kOpaque);
  return columns;
}

void draw_boxes(const TintBlender& blender, std::span<const Region> regions) {
  const OutlineStyle style(blender);
  const int width = blender.width(), thickness = style.thickness;
  blender.blend_rows(0, blender.height(), [&](int y, TintRow& tint) {
    Span touched;
    for (const Region& region : regions) {
      const Span rim = columns_of(region.box, thickness, y, width);
      const Span line = columns_of(region.box, 0, y, width);
      set_between(tint, rim, line, style.rim);
      set_between(tint, line, columns_of(region.box, -thickness, y, width), style.line);
      touched = touched | rim;
    }
    return touched;
  });
}

}  // namespace anomalyclip
