#pragma once

#include <cstdint>

#include "core/host_device.h"

namespace anomalyclip {

/// Lanes that share a row of the map: a warp.
inline constexpr int kRowLanes = 32;

/// Which rows of a map have a sample at or above a threshold.
struct ReachJob {
  const float* map;  ///< [height, width]
  std::int32_t height, width;
  float threshold;
  /// [2], zeros before: height minus the first such row, and one more than the last; zeros where there is none.
  std::int32_t* found;
};

/// Whether one lane's part of a row has such a sample. NaN is none.
ANOMALYCLIP_HOST_DEVICE inline bool reaches(const ReachJob& job, int row, int lane) {
  const float* samples = job.map + std::int64_t{row} * job.width;
  for (int x = lane; x < job.width; x += kRowLanes)
    if (samples[x] >= job.threshold) return true;
  return false;
}

}  // namespace anomalyclip
