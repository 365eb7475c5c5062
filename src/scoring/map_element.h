#pragma once

#include <cmath>
#include <cstdint>

#include "core/host_device.h"

namespace anomalyclip {

// The anomaly map's steps as the work of one lane or of one pixel, in float32. See similarity() and anomaly_map().

/// Lanes that share one patch: a warp.
inline constexpr int kPatchLanes = 32;

/// Every patch's abnormal probability, averaged over the tapped layers.
struct AbnormalityJob {
  static constexpr int kMostTaps = 64;

  const float* taps[kMostTaps];  ///< [images, 1 + patches, width] each, class token first
  bool ends_layer
      [kMostTaps];  ///< the taps up to here, since the last such, are one layer's ensemble
  std::int32_t tap_count, layer_count;
  const float* text;  ///< [2, width]: normal, abnormal
  float temperature;
  std::int64_t images, patches;
  std::int32_t width;
  float* out;  ///< [images, patches]
};

/// What one lane, or all of them, found of a feature.
struct FeatureSums {
  float normal = 0, abnormal = 0, squares = 0;  ///< products with the two texts, and with itself
};

/// One patch of it.
class PatchAbnormality {
 public:
  /// @param index  below images * patches
  ANOMALYCLIP_HOST_DEVICE PatchAbnormality(const AbnormalityJob& job, std::int64_t index)
      : job_(job),
        feature_((index / job.patches * (1 + job.patches) + 1 + index % job.patches) * job.width) {}

  ANOMALYCLIP_HOST_DEVICE const float* feature(int tap) const { return job_.taps[tap] + feature_; }

  ANOMALYCLIP_HOST_DEVICE FeatureSums sums(int tap, int lane) const {
    const float* feature = this->feature(tap);
    FeatureSums found;
    for (int i = lane; i < job_.width; i += kPatchLanes) {
      found.normal += feature[i] * job_.text[i];
      found.abnormal += feature[i] * job_.text[job_.width + i];
      found.squares += feature[i] * feature[i];
    }
    return found;
  }

  /// Takes a tap in, in their order.
  /// @param total  of all lanes' sums()
  ANOMALYCLIP_HOST_DEVICE void add(int tap, const FeatureSums& total) {
    const float length = sqrtf(total.squares), divisor = length < 1e-12f ? 1e-12f : length;
    normal_ += total.normal / divisor;
    abnormal_ += total.abnormal / divisor;
    ++kinds_;
    if (!job_.ends_layer[tap]) return;
    sum_ += probability();
    normal_ = abnormal_ = 0;
    kinds_ = 0;
  }

  ANOMALYCLIP_HOST_DEVICE float mean() const { return sum_ / static_cast<float>(job_.layer_count); }

 private:
  /// Softmax over the ensemble's mean logits; of two, (abnormal + 1 - normal) / 2 is the abnormal one.
  ANOMALYCLIP_HOST_DEVICE float probability() const {
    const float scale = job_.temperature * static_cast<float>(kinds_);
    return 1.0f / (1.0f + expf((normal_ - abnormal_) / scale));
  }

  const AbnormalityJob& job_;
  std::int64_t feature_;
  float normal_ = 0, abnormal_ = 0, sum_ = 0;
  int kinds_ = 0;
};

/// map = down patches across^T, clamped to [0, 1].
struct MapJob {
  const float* patches;  ///< [images, rows, columns]
  const float* down;     ///< [height, rows], see map_operator()
  const float* across;   ///< [width, columns]
  std::int64_t images;
  std::int32_t rows, columns, height, width;
  float* map;  ///< [images, height, width]
};

/// One value of down patches: of row y of the map and a column of patches.
ANOMALYCLIP_HOST_DEVICE inline float map_column(const MapJob& job, std::int64_t image, int y,
                                                int column) {
  const float* patches = job.patches + image * job.rows * job.columns + column;
  const float* weights = job.down + std::int64_t{y} * job.rows;
  float sum = 0;
  for (int i = 0; i < job.rows; ++i) sum += weights[i] * patches[std::int64_t{i} * job.columns];
  return sum;
}

/// One value of the map.
/// @param columns  map_column() of its row, for all columns
ANOMALYCLIP_HOST_DEVICE inline float map_value(const MapJob& job, const float* columns, int x) {
  const float* weights = job.across + std::int64_t{x} * job.columns;
  float sum = 0;
  for (int j = 0; j < job.columns; ++j) sum += weights[j] * columns[j];
  return sum < 0 ? 0 : sum > 1 ? 1 : sum;  // NaN stays
}

}  // namespace anomalyclip
