#include "messages.h"

namespace anomalyclip::gst {
namespace {

void post(GstElement* element, GstStructure* structure) {
  gst_element_post_message(element, gst_message_new_element(GST_OBJECT_CAST(element), structure));
}

bool wanted(Messages which, const GstAnomalyMeta* meta) {
  if (which != Messages::kAnomalous) return which == Messages::kAll;
  return gst_anomaly_meta_get_status(meta) == GST_ANOMALY_STATUS_INSPECTED &&
         gst_anomaly_meta_get_verdict(meta) == GST_ANOMALY_VERDICT_ANOMALOUS;
}

}  // namespace

void post_anomaly(GstElement* element, const GstSegment& segment, GstBuffer* buffer,
                  const GstAnomalyMeta* meta, Messages which) {
  if (!wanted(which, meta)) return;
  GstStructure* structure = gst_anomaly_meta_to_structure(meta);
  const GstClockTime pts = GST_BUFFER_PTS(buffer);
  const bool timed = segment.format == GST_FORMAT_TIME;
  gst_structure_set(
      structure, "pts", G_TYPE_UINT64, pts, "stream-time", G_TYPE_UINT64,
      timed ? gst_segment_to_stream_time(&segment, GST_FORMAT_TIME, pts) : GST_CLOCK_TIME_NONE,
      "running-time", G_TYPE_UINT64,
      timed ? gst_segment_to_running_time(&segment, GST_FORMAT_TIME, pts) : GST_CLOCK_TIME_NONE,
      nullptr);
  post(element, structure);
}

void post_prompts_switched(GstElement* element, const std::string& name, const std::string& path,
                           GstClockTime pts, guint64 frame_number) {
  post(element, gst_structure_new("anomaly-prompts", "prompts", G_TYPE_STRING, name.c_str(),
                                  "location", G_TYPE_STRING, path.c_str(), "pts", G_TYPE_UINT64,
                                  pts, "frame", G_TYPE_UINT64, frame_number, nullptr));
}

void post_overload(GstElement* element, GstClockTime pts, guint64 frame_number,
                   guint64 frames_skipped) {
  post(element,
       gst_structure_new("anomaly-overload", "pts", G_TYPE_UINT64, pts, "frame", G_TYPE_UINT64,
                         frame_number, "frames-skipped", G_TYPE_UINT64, frames_skipped, nullptr));
}

}  // namespace anomalyclip::gst
