#pragma once

#include <atomic>
#include <cstddef>

#include <gst/gst.h>

namespace anomalyclip::gst {

/// Which latency an element promises, and when that promise has to change. update() by the
/// streaming thread, promised() by any.
class LatencyReport {
 public:
  void start(double estimate_ms);

  /// @param p99_ms   of the latest frames
  /// @param samples  that it was taken from
  /// @return whether the promise has changed, so that the pipeline should ask again: at once when
  /// frames take longer than
  ///         was promised, later and by more than a quarter when they have become faster
  bool update(double p99_ms, std::size_t samples);

  GstClockTime promised() const { return promised_; }

 private:
  static constexpr double kHeadroom = 1.2;
  static constexpr std::size_t kTrusted = 32;  ///< samples before the promise is lowered

  std::atomic<GstClockTime> promised_ = 0;
};

}  // namespace anomalyclip::gst
