#pragma once

#include <optional>

#include <gst/video/video.h>

namespace anomalyclip::gst {

/// Whether a frame comes too late to be inspected in time (overload=skip). It does when the
/// pipeline plays, and its running clock is past the frame's own time by more than what the
/// pipeline's latency leaves beside an inspection, and by more than one frame duration. So after an
/// inspection that took long, the frames that have piled up pass at once and the first fresh one is
/// inspected; without a clock, while paused, and without timestamps, nothing is late.
/// @param pipeline_latency  as the LATENCY event set it; 0 in pipelines that are not live
/// @param inspection        how long one usually takes
bool is_late(GstElement* element, const GstSegment& segment, const GstVideoInfo& info,
             GstBuffer* buffer, GstClockTime pipeline_latency, GstClockTime inspection);

/// Time from now until the running clock reaches the frame's own time, negative when it has passed; none without a clock,
/// while paused, and without timestamps.
std::optional<GstClockTimeDiff> time_left(GstElement* element, const GstSegment& segment,
                                          GstBuffer* buffer);

}  // namespace anomalyclip::gst
