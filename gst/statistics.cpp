#include "statistics.h"

#include <algorithm>
#include <cmath>

namespace anomalyclip::gst {

void Window::add(double value) {
  if (values_.size() < kCapacity) {
    values_.push_back(value);
  } else {
    values_[next_] = value;
    next_ = (next_ + 1) % kCapacity;
  }
}

double Window::percentile(double fraction) const {
  if (values_.empty()) return 0;
  std::vector<double> sorted = values_;
  const double rank = std::ceil(fraction * static_cast<double>(sorted.size()));
  const auto index = static_cast<std::ptrdiff_t>(std::max(rank - 1, 0.0));
  std::nth_element(sorted.begin(), sorted.begin() + index, sorted.end());
  return sorted[static_cast<std::size_t>(index)];
}

double Window::first() const {
  return values_.size() < kCapacity ? values_.front() : values_[next_];
}

double Window::last() const {
  return values_.size() < kCapacity ? values_.back() : values_[(next_ + kCapacity - 1) % kCapacity];
}

void Statistics::reset() {
  const std::lock_guard lock(mutex_);
  frames_ = {};
  latencies_ms_ = {};
  departures_s_ = {};
  sums_ = {};
}

void Statistics::count(GstAnomalyStatus status, double latency_ms, const StageTimings* timings) {
  const std::chrono::duration<double> now = Clock::now().time_since_epoch();
  const std::lock_guard lock(mutex_);
  ++frames_[status];
  departures_s_.add(now.count());
  if (!timings) return;
  latencies_ms_.add(latency_ms);
  sums_.preprocess += timings->preprocess;
  sums_.queue += timings->queue;
  sums_.encode += timings->encode;
  sums_.score += timings->score;
  sums_.map += timings->map;
  sums_.regions += timings->regions;
  sums_.total += timings->total;
}

double Statistics::latency_percentile(double fraction) const {
  const std::lock_guard lock(mutex_);
  return latencies_ms_.percentile(fraction);
}

std::uint64_t Statistics::frames(GstAnomalyStatus status) const {
  const std::lock_guard lock(mutex_);
  return frames_[status];
}

UniqueStructure Statistics::to_structure() const {
  const std::lock_guard lock(mutex_);
  const double seconds =
      departures_s_.size() < 2 ? 0 : departures_s_.last() - departures_s_.first();
  const double fps = seconds > 0 ? static_cast<double>(departures_s_.size() - 1) / seconds : 0;
  UniqueStructure structure(gst_structure_new(
      "anomalyclip-stats", "frames-inspected", G_TYPE_UINT64, frames_[GST_ANOMALY_STATUS_INSPECTED],
      "frames-reused", G_TYPE_UINT64, frames_[GST_ANOMALY_STATUS_REUSED], "frames-skipped",
      G_TYPE_UINT64, frames_[GST_ANOMALY_STATUS_SKIPPED], "frames-failed", G_TYPE_UINT64,
      frames_[GST_ANOMALY_STATUS_FAILED], "latency-p50-ms", G_TYPE_DOUBLE,
      latencies_ms_.percentile(0.5), "latency-p95-ms", G_TYPE_DOUBLE,
      latencies_ms_.percentile(0.95), "latency-p99-ms", G_TYPE_DOUBLE,
      latencies_ms_.percentile(0.99), "fps", G_TYPE_DOUBLE, fps, nullptr));
  put_stages(structure.get());
  return structure;
}

void Statistics::put_stages(GstStructure* structure) const {
  const double frames =
      std::max<double>(1, static_cast<double>(frames_[GST_ANOMALY_STATUS_INSPECTED]));
  gst_structure_set(structure, "preprocess-ms", G_TYPE_DOUBLE, sums_.preprocess / frames,
                    "queue-ms", G_TYPE_DOUBLE, sums_.queue / frames, "encode-ms", G_TYPE_DOUBLE,
                    sums_.encode / frames, "score-ms", G_TYPE_DOUBLE, sums_.score / frames,
                    "map-ms", G_TYPE_DOUBLE, sums_.map / frames, "regions-ms", G_TYPE_DOUBLE,
                    sums_.regions / frames, "total-ms", G_TYPE_DOUBLE, sums_.total / frames,
                    nullptr);
}

}  // namespace anomalyclip::gst
