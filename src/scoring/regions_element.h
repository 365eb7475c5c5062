#pragma once

#include <cstdint>
#include <cstring>

#include "core/host_device.h"
#include "core/shared_memory.h"
#include "scoring/component.h"

namespace anomalyclip {

// The connected parts of a map by union-find over its samples (8 neighbours), in four passes, each with one call for an index,
// in any order and at the same time: begin, join, number, gather. A part's tree has its first sample for a root, since links
// lead only to earlier samples; so whatever the order, the components are the same, if not their places in the table.

/// Samples of a row that one call of gather_samples() takes: neighbours mostly belong to one component, so fewer additions
/// meet at it.
inline constexpr int kGathered = 32;

inline constexpr std::int32_t kOutside = -1;

struct RegionsJob {
  const float* map;  ///< [height, width]
  std::int32_t height, width;
  float threshold;
  std::int32_t*
      links;  ///< [height, width], written: an earlier sample of the part, or itself, or kOutside
  std::int32_t* places;  ///< [height, width], written at roots alone: in the table
  Component* table;      ///< [capacity], written as far as there are components
  std::int32_t capacity;
  std::int32_t*
      count;  ///< zero before; how many components there are, which may be more than the table has room for

  ANOMALYCLIP_HOST_DEVICE std::int64_t samples() const { return std::int64_t{height} * width; }
  ANOMALYCLIP_HOST_DEVICE std::int64_t stretches_in_row() const {
    return (width + kGathered - 1) / kGathered;
  }
  ANOMALYCLIP_HOST_DEVICE std::int64_t stretches() const { return height * stretches_in_row(); }
};

/// The links as all threads see them and change them.
struct SharedLinks {
  std::int32_t* links;

  ANOMALYCLIP_HOST_DEVICE std::int32_t of(std::int32_t sample) const {
    return shared_value(&links[sample]);
  }
  /// Returns the link before.
  ANOMALYCLIP_HOST_DEVICE std::int32_t lower(std::int32_t sample, std::int32_t earlier) const {
    return lower_shared(&links[sample], earlier);
  }
};

/// The last sample on the way along the links. While others join parts it may have stopped to be a root already.
template <typename Links>
ANOMALYCLIP_HOST_DEVICE std::int32_t root_of(const Links& links, std::int32_t sample) {
  for (std::int32_t next = links.of(sample); next != sample; next = links.of(sample)) sample = next;
  return sample;
}

/// Makes one part of the parts of two samples. A root that got a link from another thread meanwhile takes the earlier of the
/// two, and what the later one led to is joined in the next round; samples only become earlier, so the rounds end.
template <typename Links>
ANOMALYCLIP_HOST_DEVICE void join(const Links& links, std::int32_t a, std::int32_t b) {
  while (true) {
    a = root_of(links, a);
    b = root_of(links, b);
    if (a == b) return;
    const std::int32_t later = a > b ? a : b, earlier = a > b ? b : a;
    const std::int32_t before = links.lower(later, earlier);
    if (before == later) return;
    a = before;
    b = earlier;
  }
}

/// NaN is outside.
ANOMALYCLIP_HOST_DEVICE inline void begin_sample(const RegionsJob& job, std::int64_t index) {
  job.links[index] = job.map[index] >= job.threshold ? static_cast<std::int32_t>(index) : kOutside;
}

/// With the neighbours before it; those after it do the same.
ANOMALYCLIP_HOST_DEVICE inline void join_sample(const RegionsJob& job, std::int64_t index) {
  const auto sample = static_cast<std::int32_t>(index);
  const SharedLinks links{job.links};
  const auto join_if_inside = [&](std::int32_t neighbour) {
    if (links.of(neighbour) != kOutside) join(links, sample, neighbour);
  };
  if (links.of(sample) == kOutside) return;
  const std::int32_t x = sample % job.width, above = sample - job.width;
  if (x > 0) join_if_inside(sample - 1);
  if (above < 0) return;
  if (x > 0) join_if_inside(above - 1);
  join_if_inside(above);
  if (x + 1 < job.width) join_if_inside(above + 1);
}

/// Links a sample with its root; a root takes the next place in the table.
ANOMALYCLIP_HOST_DEVICE inline void number_sample(const RegionsJob& job, std::int64_t index) {
  const auto sample = static_cast<std::int32_t>(index);
  const SharedLinks links{job.links};
  if (links.of(sample) == kOutside) return;
  const std::int32_t root = root_of(links, sample);
  set_shared(&job.links[sample], root);
  if (root != sample) return;
  const std::int32_t place = add_shared(job.count, 1);
  job.places[sample] = place;
  if (place < job.capacity) job.table[place] = {job.width, job.height, 0, 0, 0, 0};
}

/// Neighbours of one row and component, from `begin` to before `end`.
struct GatheredRun {
  std::int32_t y, begin, end, root, score_bits;
};

ANOMALYCLIP_HOST_DEVICE inline void add_run(const RegionsJob& job, const GatheredRun& run) {
  const std::int32_t place = job.places[run.root];
  if (place >= job.capacity) return;  // count tells
  Component& component = job.table[place];
  lower_shared(&component.left, run.begin);
  lower_shared(&component.top, run.y);
  raise_shared(&component.right, run.end);
  raise_shared(&component.bottom, run.y + 1);
  add_shared(&component.samples, run.end - run.begin);
  raise_shared(&component.score_bits, run.score_bits);
}

/// @param index  of a stretch of kGathered samples
ANOMALYCLIP_HOST_DEVICE inline void gather_samples(const RegionsJob& job, std::int64_t index) {
  const auto y = static_cast<std::int32_t>(index / job.stretches_in_row());
  const auto first = static_cast<std::int32_t>(index % job.stretches_in_row()) * kGathered;
  const std::int32_t last = first + kGathered < job.width ? first + kGathered : job.width;
  const std::int64_t row = std::int64_t{y} * job.width;
  for (std::int32_t x = first; x < last;) {
    GatheredRun run{y, x, x, job.links[row + x], 0};
    for (; x < last && job.links[row + x] == run.root; ++x) {
      std::int32_t bits;
      memcpy(&bits, &job.map[row + x], sizeof bits);
      if (bits > run.score_bits) run.score_bits = bits;
    }
    run.end = x;
    if (run.root != kOutside) add_run(job, run);
  }
}

}  // namespace anomalyclip
