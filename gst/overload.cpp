#include "overload.h"

#include <algorithm>

namespace anomalyclip::gst {
namespace {

GstClockTime frame_duration(const GstVideoInfo& info, GstBuffer* buffer) {
  if (GST_BUFFER_DURATION_IS_VALID(buffer)) return GST_BUFFER_DURATION(buffer);
  if (info.fps_n > 0) return gst_util_uint64_scale_int(GST_SECOND, info.fps_d, info.fps_n);
  return GST_SECOND / 25;
}

bool is_playing(GstElement* element) {
  GST_OBJECT_LOCK(element);
  const bool playing = GST_STATE(element) == GST_STATE_PLAYING;
  GST_OBJECT_UNLOCK(element);
  return playing;
}

}  // namespace

std::optional<GstClockTimeDiff> time_left(GstElement* element, const GstSegment& segment,
                                          GstBuffer* buffer) {
  if (segment.format != GST_FORMAT_TIME || !is_playing(element)) return std::nullopt;
  const GstClockTime due =
      gst_segment_to_running_time(&segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
  const GstClockTime now = gst_element_get_current_running_time(element);
  if (!GST_CLOCK_TIME_IS_VALID(due) || !GST_CLOCK_TIME_IS_VALID(now)) return std::nullopt;
  return GST_CLOCK_DIFF(now, due);
}

bool is_late(GstElement* element, const GstSegment& segment, const GstVideoInfo& info,
             GstBuffer* buffer, GstClockTime pipeline_latency, GstClockTime inspection) {
  const auto left = time_left(element, segment, buffer);
  const GstClockTime spare = pipeline_latency > inspection ? pipeline_latency - inspection : 0;
  return left &&
         -*left > static_cast<GstClockTimeDiff>(std::max(spare, frame_duration(info, buffer)));
}

}  // namespace anomalyclip::gst
