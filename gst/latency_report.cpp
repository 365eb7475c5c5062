#include "latency_report.h"

namespace anomalyclip::gst {
namespace {

GstClockTime to_time(double ms) {
  return static_cast<GstClockTime>(ms * 1e6);
}

}  // namespace

void LatencyReport::start(double estimate_ms) {
  promised_ = to_time(estimate_ms * kHeadroom);
}

bool LatencyReport::update(double p99_ms, std::size_t samples) {
  const GstClockTime wanted = to_time(p99_ms * kHeadroom);
  const GstClockTime promised = promised_;
  const bool broken = to_time(p99_ms) > promised;
  const bool generous = samples >= kTrusted && wanted < promised / 4 * 3;
  if (!broken && !generous) return false;
  promised_ = wanted;
  return true;
}

}  // namespace anomalyclip::gst
