#include "scoring/map_host.h"

#include <algorithm>
#include <vector>

#include "image/cpu.h"

namespace anomalyclip {
namespace {

/// Sums beside each other, so that they go into registers whole.
constexpr int kLanes = 32;

struct LaneSums {
  float normal[kLanes] = {}, abnormal[kLanes] = {}, squares[kLanes] = {};

  FeatureSums total() const {
    FeatureSums sums;
    for (int lane = 0; lane < kLanes; ++lane) {
      sums.normal += normal[lane];
      sums.abnormal += abnormal[lane];
      sums.squares += squares[lane];
    }
    return sums;
  }
};

/// @param count  at most kLanes
ANOMALYCLIP_INLINE void add(const float* __restrict feature, const float* __restrict normal,
                            const float* __restrict abnormal, int count,
                            LaneSums& __restrict sums) {
  for (int i = 0; i < count; ++i) {
    sums.normal[i] += feature[i] * normal[i];
    sums.abnormal[i] += feature[i] * abnormal[i];
    sums.squares[i] += feature[i] * feature[i];
  }
}

ANOMALYCLIP_INLINE void abnormality(const AbnormalityJob& job) {
  const float *normal = job.text, *abnormal = job.text + job.width;
  for (std::int64_t index = 0; index < job.images * job.patches; ++index) {
    PatchAbnormality patch(job, index);
    for (int tap = 0; tap < job.tap_count; ++tap) {
      const float* feature = patch.feature(tap);
      LaneSums sums;
      int i = 0;
      for (; i + kLanes <= job.width; i += kLanes)
        add(feature + i, normal + i, abnormal + i, kLanes, sums);
      add(feature + i, normal + i, abnormal + i, job.width - i, sums);
      patch.add(tap, sums.total());
    }
    job.out[index] = patch.mean();
  }
}

/// A row of a map operator: all but a few neighbouring weights are zero (bilinear, and a Gaussian that is no wider than a few
/// patches).
struct Window {
  Window(const float* weights, int count) : first(0), last(count) {
    while (first < last && weights[first] == 0) ++first;
    while (last > first && weights[last - 1] == 0) --last;
  }
  int first, last;
};

/// Rows of patches, as wide as the map: [rows, width].
void widen(const MapJob& job, const float* patches, float* wide) {
  for (int x = 0; x < job.width; ++x) {
    const float* weights = job.across + std::int64_t{x} * job.columns;
    const Window window(weights, job.columns);
    for (int row = 0; row < job.rows; ++row) {
      float sum = 0;
      for (int j = window.first; j < window.last; ++j)
        sum += weights[j] * patches[row * job.columns + j];
      wide[std::int64_t{row} * job.width + x] = sum;
    }
  }
}

ANOMALYCLIP_INLINE void add_row(const float* __restrict row, float weight, int width,
                                float* __restrict sum) {
  for (int x = 0; x < width; ++x) sum[x] += weight * row[x];
}

ANOMALYCLIP_INLINE void clamp_row(float* row, int width) {
  for (int x = 0; x < width; ++x) row[x] = row[x] < 0 ? 0 : row[x] > 1 ? 1 : row[x];  // NaN stays
}

ANOMALYCLIP_INLINE void raise(const MapJob& job, const float* wide, float* map) {
  for (int y = 0; y < job.height; ++y, map += job.width) {
    const float* weights = job.down + std::int64_t{y} * job.rows;
    const Window window(weights, job.rows);
    std::fill_n(map, job.width, 0.f);
    for (int i = window.first; i < window.last; ++i)
      add_row(wide + std::int64_t{i} * job.width, weights[i], job.width, map);
    clamp_row(map, job.width);
  }
}

void abnormality_portably(const AbnormalityJob& job) {
  abnormality(job);
}
void raise_portably(const MapJob& job, const float* wide, float* map) {
  raise(job, wide, map);
}
#if ANOMALYCLIP_AVX2
ANOMALYCLIP_TARGET_AVX2 void abnormality_avx2(const AbnormalityJob& job) {
  abnormality(job);
}
ANOMALYCLIP_TARGET_AVX2 void raise_avx2(const MapJob& job, const float* wide, float* map) {
  raise(job, wide, map);
}
#endif

}  // namespace

void abnormality_on_host(const AbnormalityJob& job) {
#if ANOMALYCLIP_AVX2
  if (has_avx2()) return abnormality_avx2(job);
#endif
  abnormality_portably(job);
}

void map_on_host(const MapJob& job) {
  thread_local std::vector<float> wide;
  wide.resize(static_cast<std::size_t>(job.rows) * job.width);
  for (std::int64_t image = 0; image < job.images; ++image) {
    float* map = job.map + image * job.height * job.width;
    widen(job, job.patches + image * job.rows * job.columns, wide.data());
#if ANOMALYCLIP_AVX2
    if (has_avx2()) {
      raise_avx2(job, wide.data(), map);
      continue;
    }
#endif
    raise_portably(job, wide.data(), map);
  }
}

}  // namespace anomalyclip
