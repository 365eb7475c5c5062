#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <vector>

#include <gst/anomaly/gstanomaly.h>

#include <anomalyclip/result.h>

#include "handles.h"

namespace anomalyclip::gst {

/// The latest values of a quantity.
class Window {
 public:
  void add(double value);
  std::size_t size() const { return values_.size(); }

  /// @param fraction  0..1: the smallest value that at least this fraction of them does not exceed;
  /// 0 without values
  double percentile(double fraction) const;

  double first() const;  ///< the oldest
  double last() const;

 private:
  static constexpr std::size_t kCapacity = 256;
  std::vector<double> values_;
  std::size_t next_ = 0;
};

/// What an element has done since it started. Thread-safe.
class Statistics {
 public:
  using Clock = std::chrono::steady_clock;

  void reset();

  /// Counts a frame that leaves. `timings` of a frame that was inspected itself, else null.
  void count(GstAnomalyStatus status, double latency_ms, const StageTimings* timings);

  /// Of inspected frames, in milliseconds; 0 before the first.
  double latency_percentile(double fraction) const;
  std::uint64_t frames(GstAnomalyStatus status) const;

  UniqueStructure to_structure() const;

 private:
  void put_stages(GstStructure* structure) const;

  mutable std::mutex mutex_;
  std::array<std::uint64_t, 4> frames_{};
  Window latencies_ms_;
  Window departures_s_;
  StageTimings sums_;
};

}  // namespace anomalyclip::gst
