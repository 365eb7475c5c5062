#include "image/draw_map_rows.h"

#include <algorithm>
#include <cmath>

#include "image/cpu.h"

namespace anomalyclip {
namespace {

const float* map_row(const MapView& map, int y) {
  return map.values.data() + static_cast<std::ptrdiff_t>(y) * map.width;
}

ANOMALYCLIP_INLINE void interpolate_levels(const HeatmapScale& scale, const float* __restrict upper,
                                           const float* __restrict lower, float fraction, int count,
                                           std::uint8_t* __restrict levels) {
  for (int x = 0; x < count; ++x)
    levels[x] = scale.level(upper[x] + fraction * (lower[x] - upper[x]));
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

std::vector<MapRows::Position> MapRows::positions(int samples, int origin, int extent, int first,
                                                  int last) {
  std::vector<Position> result;
  for (int pixel = first; pixel < last; ++pixel) {
    // Centres of pixels and of samples are half a step from the edge.
    const double at = (static_cast<double>(pixel) - origin + 0.5) * samples / extent - 0.5;
    const double clamped = std::clamp(at, 0.0, samples - 1.0);
    const int sample = std::min(static_cast<int>(clamped), std::max(samples - 2, 0));
    result.push_back({sample, static_cast<float>(clamped - sample)});
  }
  return result;
}

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
      left_(std::max(map.covers.x, 0)),
      right_(static_cast<int>(
          std::min<std::int64_t>(std::int64_t{map.covers.x} + map.covers.width, frame_width))),
      top_(std::max(map.covers.y, 0)),
      bottom_(static_cast<int>(
          std::min<std::int64_t>(std::int64_t{map.covers.y} + map.covers.height, frame_height))),
      columns_(positions(map.width, map.covers.x, map.covers.width, left_, right_)),
      rows_(positions(map.height, map.covers.y, map.covers.height, top_, bottom_)),
      active_(active_rows(map, scale.start())),
      upper_(columns_.size()),
      lower_(columns_.size()),
      window_(window),
      margin_(margin),
      stride_(frame_width + 2 * margin),
      levels_(static_cast<std::size_t>(window + 1) * stride_),
      ring_(window),
      next_(top_) {
  first_column_.assign(map.width + 1, static_cast<int>(columns_.size()));
  for (int x = static_cast<int>(columns_.size()) - 1; x >= 0; --x)
    for (int i = columns_[x].sample; i >= 0 && first_column_[i] > x; --i) first_column_[i] = x;
}

MapRows::Row MapRows::row(int y) {
  // The last row of the ring's memory is never written: it is what empty rows look like.
  const Row nothing{&levels_[static_cast<std::size_t>(window_) * stride_ + margin_], {}};
  if (y < top_ || y >= bottom_ || left_ >= right_) return nothing;
  for (; next_ <= y; ++next_) interpolate(next_);
  return ring_[y % window_];
}

void MapRows::interpolate(int y) {
  Row& row = ring_[y % window_];
  std::uint8_t* levels = &levels_[static_cast<std::size_t>(y % window_) * stride_ + margin_];
  std::fill(levels + row.columns.begin, levels + row.columns.end, std::uint8_t{0});
  row = {levels, {}};
  const Position at = rows_[y - top_];
  const int lower = std::min(at.sample + 1, map_.height - 1);
  if (!active_[at.sample] && !active_[lower]) return;
  if (gap_ != at.sample) enter_gap(at.sample, lower);
  for (const Span& run : runs_) {
    interpolate_run(scale_, &upper_[run.begin], &lower_[run.begin], at.fraction,
                    run.end - run.begin, levels + left_ + run.begin);
    row.columns = row.columns | Span{left_ + run.begin, left_ + run.end};
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
    const auto& [sample, fraction] = columns_[x];
    const float next = values[std::min(sample + 1, map_.width - 1)];
    columns[x] = values[sample] + fraction * (next - values[sample]);
  }
}

}  // namespace anomalyclip
