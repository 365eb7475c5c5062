#include "image/draw_map_rows.h"

#include <algorithm>
#include <cmath>

#include "image/cpu.h"
#include "image/draw_arithmetic.h"

namespace anomalyclip {
namespace {

const float* map_row(const MapView& map, int y) {
  return map.values.data() + static_cast<std::ptrdiff_t>(y) * map.width;
}

ANOMALYCLIP_INLINE void interpolate_levels(const HeatmapScale& scale, const float* __restrict upper,
                                           const float* __restrict lower, float fraction, int count,
                                           std::uint8_t* __restrict levels) {
  for (int x = 0; x < count; ++x)
    levels[x] = scale.level(interpolated(upper[x], lower[x], fraction));
}

ANOMALYCLIP_TARGET_AVX2 void interpolate_levels_avx2(const HeatmapScale& scale, const float* upper,
                                                     const float* lower, float fraction, int count,
                                                     std::uint8_t* levels) {
  interpolate_levels(scale, upper, lower, fraction, count, levels);
}

void interpolate_run(const HeatmapScale& scale, const float* upper, const float* lower,
                     float fraction, int count, std::uint8_t* levels) {
  // A copy, so that the compiler knows that no level overwrites it.
  const HeatmapScale own = scale;
  if (has_avx2())
    interpolate_levels_avx2(own, upper, lower, fraction, count, levels);
  else
    interpolate_levels(own, upper, lower, fraction, count, levels);
}

}  // namespace

std::vector<bool> MapRows::active_rows(const MapView& map, float start) {
  std::vector<bool> active(map.height);
  for (int y = 0; y < map.height; ++y) {
    const float* row = map_row(map, y);
    int found = 0;
    for (int x = 0; x < map.width; ++x) found |= row[x] >= start ? 1 : 0;
    active[y] = found != 0;
  }
  return active;
}

MapRows::MapRows(const MapView& map, const HeatmapScale& scale, int frame_width, int frame_height,
                 int window, int margin)
    : map_(map),
      scale_(scale),
      placed_(map, frame_width, frame_height),
      active_(active_rows(map, scale.start())),
      upper_(placed_.columns.size()),
      lower_(placed_.columns.size()),
      window_(window),
      margin_(margin),
      stride_(frame_width + 2 * margin),
      levels_(static_cast<std::size_t>(window + 1) * stride_),
      ring_(window),
      next_(placed_.top) {
  first_column_.assign(map.width + 1, static_cast<int>(placed_.columns.size()));
  for (int x = static_cast<int>(placed_.columns.size()) - 1; x >= 0; --x)
    for (int i = placed_.columns[x].sample; i >= 0 && first_column_[i] > x; --i)
      first_column_[i] = x;
}

MapRows::Row MapRows::row(int y) {
  // The last row of the ring's memory is never written: it is what empty rows look like.
  const Row nothing{&levels_[static_cast<std::size_t>(window_) * stride_ + margin_], {}};
  if (y < placed_.top || y >= placed_.bottom || placed_.left >= placed_.right) return nothing;
  for (; next_ <= y; ++next_) interpolate(next_);
  return ring_[y % window_];
}

void MapRows::interpolate(int y) {
  Row& row = ring_[y % window_];
  std::uint8_t* levels = &levels_[static_cast<std::size_t>(y % window_) * stride_ + margin_];
  std::fill(levels + row.columns.begin, levels + row.columns.end, std::uint8_t{0});
  row = {levels, {}};
  const MapPosition at = placed_.rows[y - placed_.top];
  const int lower = std::min(at.sample + 1, map_.height - 1);
  if (!active_[at.sample] && !active_[lower]) return;
  if (gap_ != at.sample) enter_gap(at.sample, lower);
  for (const Span& run : runs_) {
    interpolate_run(scale_, &upper_[run.begin], &lower_[run.begin], at.fraction,
                    run.end - run.begin, levels + placed_.left + run.begin);
    row.columns = row.columns | Span{placed_.left + run.begin, placed_.left + run.end};
  }
}

void MapRows::enter_gap(int upper, int lower) {
  gap_ = upper;
  widen(upper, upper_);
  widen(lower, lower_);
  const float* above = map_row(map_, upper);
  const float* below = map_row(map_, lower);
  const auto traced = [&](int x) {
    return above[x] >= scale_.start() || below[x] >= scale_.start();
  };
  runs_.clear();
  // The pixels of a sample lie between it and the next one.
  for (int i = 0; i < map_.width; ++i) {
    if (!traced(i) && !traced(std::min(i + 1, map_.width - 1))) continue;
    const Span pixels{first_column_[i], first_column_[i + 1]};
    if (pixels.empty()) continue;
    if (!runs_.empty() && runs_.back().end == pixels.begin)
      runs_.back().end = pixels.end;
    else
      runs_.push_back(pixels);
  }
}

void MapRows::widen(int row, std::vector<float>& columns) const {
  const float* values = map_row(map_, row);
  for (std::size_t x = 0; x < columns.size(); ++x) {
    const auto& [sample, fraction] = placed_.columns[x];
    const float next = values[std::min(sample + 1, map_.width - 1)];
    columns[x] = interpolated(values[sample], next, fraction);
  }
}

}  // namespace anomalyclip
