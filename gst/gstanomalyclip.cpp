/**
 * SECTION:element-anomalyclip
 * @title: anomalyclip
 * @short_description: finds what does not belong on a part
 *
 * Inspects video frames with AnomalyCLIP: zero-shot anomaly detection by a CLIP vision transformer
 * and two prompts, one for normal and one for abnormal. Each frame leaves with a #GstAnomalyMeta
 * (status, verdict, score, regions, anomaly map), a #GstVideoRegionOfInterestMeta of type `anomaly`
 * for each region, and, if asked for, with the map drawn on it. No frame is ever dropped.
 *
 * Without properties it runs the demo model that comes with it, which only knows drawn parts.
 *
 * ## Messages
 *
 * Element messages on the bus: `anomaly` for frames as the property #anomalyclip:messages says;
 * `anomaly-prompts` when other prompts take over (`prompts`, `location`, `pts`, `frame`);
 * `anomaly-overload` when frames begin to be skipped
 * (`pts`, `frame`, `frames-skipped`). A frame that cannot be inspected passes with status failed;
 * the first of a kind posts a warning.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=100 ! anomalyclip overlay=both ! videoconvert ! autovideosink
 * ]| the demo model on a test picture
 * |[
 * gst-launch-1.0 v4l2src ! videoconvert ! anomalyclip model=vit-l-14-336.safetensors prompts=screws.safetensors overload=skip overlay=heatmap ! videoconvert ! autovideosink sync=false
 * ]| a camera, with real weights, live
 * |[
 * gst-launch-1.0 filesrc location=line.mp4 ! decodebin ! videoconvert ! anomalyclip messages=all ! anomalypublish location=results.jsonl ! fakesink
 * ]| every frame of a file, as JSON lines
 */
#include <utility>

#include "elements.h"
#include "guard.h"
#include "inspector.h"
#include "pad_templates.h"
#include "properties.h"
#include "qos.h"

GST_DEBUG_CATEGORY_STATIC(anomalyclip_debug);
#define GST_CAT_DEFAULT anomalyclip_debug

using anomalyclip::gst::gst_guard;
using anomalyclip::gst::Inspector;
using anomalyclip::gst::UniqueBuffer;

struct GstAnomalyClip {
  GstBaseTransform parent;
  Inspector* state;
};

struct GstAnomalyClipClass {
  GstBaseTransformClass parent_class;
};

#define GST_ANOMALY_CLIP(object) (reinterpret_cast<GstAnomalyClip*>(object))

static GType gst_anomaly_clip_get_type();
G_DEFINE_TYPE(GstAnomalyClip, gst_anomaly_clip, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE_WITH_CODE(anomalyclip, "anomalyclip", GST_RANK_NONE,
                                      gst_anomaly_clip_get_type(),
                                      GST_DEBUG_CATEGORY_INIT(anomalyclip_debug, "anomalyclip", 0,
                                                              "anomaly inspection"))

static void gst_anomaly_clip_set_property(GObject* object, guint id, const GValue* value,
                                          GParamSpec*) {
  gst_guard(object, 0, [&] { return GST_ANOMALY_CLIP(object)->state->set(id, value), 0; });
}

static void gst_anomaly_clip_get_property(GObject* object, guint id, GValue* value, GParamSpec*) {
  gst_guard(object, 0, [&] { return GST_ANOMALY_CLIP(object)->state->get(id, value), 0; });
}

static void gst_anomaly_clip_finalize(GObject* object) {
  delete GST_ANOMALY_CLIP(object)->state;
  G_OBJECT_CLASS(gst_anomaly_clip_parent_class)->finalize(object);
}

static gboolean gst_anomaly_clip_start(GstBaseTransform* trans) {
  return gst_guard(trans, FALSE, [&] { return GST_ANOMALY_CLIP(trans)->state->start(), TRUE; });
}

static gboolean gst_anomaly_clip_stop(GstBaseTransform* trans) {
  return gst_guard(trans, FALSE, [&] { return GST_ANOMALY_CLIP(trans)->state->stop(), TRUE; });
}

static GstStateChangeReturn gst_anomaly_clip_change_state(GstElement* element,
                                                          GstStateChange change) {
  const auto result =
      GST_ELEMENT_CLASS(gst_anomaly_clip_parent_class)->change_state(element, change);
  if (change == GST_STATE_CHANGE_READY_TO_NULL)
    gst_guard(element, 0, [&] { return GST_ANOMALY_CLIP(element)->state->release(), 0; });
  return result;
}

static gboolean gst_anomaly_clip_set_caps(GstBaseTransform* trans, GstCaps* caps, GstCaps*) {
  return gst_guard(trans, FALSE, [&] {
    GstVideoInfo info;
    if (!gst_video_info_from_caps(&info, caps)) return int(FALSE);
    GST_ANOMALY_CLIP(trans)->state->set_info(info);
    return int(TRUE);
  });
}

/* Downstream's memory is ours: frames go through as they are. */
static gboolean gst_anomaly_clip_propose_allocation(GstBaseTransform* trans, GstQuery* decided,
                                                    GstQuery* query) {
  if (gst_pad_peer_query(GST_BASE_TRANSFORM_SRC_PAD(trans), query)) return TRUE;
  return GST_BASE_TRANSFORM_CLASS(gst_anomaly_clip_parent_class)
      ->propose_allocation(trans, decided, query);
}

static GstFlowReturn gst_anomaly_clip_generate_output(GstBaseTransform* trans, GstBuffer** out) {
  *out = nullptr;
  UniqueBuffer buffer(std::exchange(trans->queued_buf, nullptr));
  return gst_guard(trans, GST_FLOW_ERROR, [&] {
    if (buffer) {
      const GstClockTime time = gst_segment_to_stream_time(&trans->segment, GST_FORMAT_TIME,
                                                           GST_BUFFER_PTS(buffer.get()));
      if (GST_CLOCK_TIME_IS_VALID(time)) gst_object_sync_values(GST_OBJECT_CAST(trans), time);
    }
    *out = GST_ANOMALY_CLIP(trans)->state->exchange(std::move(buffer)).release();
    return GST_FLOW_OK;
  });
}

/* Pushes the frames that wait, before whatever must not overtake them. */
static void drain(GstBaseTransform* trans) {
  gst_guard(trans, 0, [&] {
    while (UniqueBuffer buffer = GST_ANOMALY_CLIP(trans)->state->drain())
      gst_pad_push(GST_BASE_TRANSFORM_SRC_PAD(trans), buffer.release());
    return 0;
  });
}

static gboolean gst_anomaly_clip_sink_event(GstBaseTransform* trans, GstEvent* event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP)
    gst_guard(trans, 0, [&] { return GST_ANOMALY_CLIP(trans)->state->flush(), 0; });
  else if (GST_EVENT_IS_SERIALIZED(event))
    drain(trans);
  return GST_BASE_TRANSFORM_CLASS(gst_anomaly_clip_parent_class)->sink_event(trans, event);
}

static gboolean gst_anomaly_clip_src_event(GstBaseTransform* trans, GstEvent* event) {
  if (anomalyclip::gst::end_qos(event)) return TRUE;
  if (GST_EVENT_TYPE(event) == GST_EVENT_LATENCY) {
    GstClockTime latency = 0;
    gst_event_parse_latency(event, &latency);
    GST_ANOMALY_CLIP(trans)->state->set_pipeline_latency(latency);
  }
  return GST_BASE_TRANSFORM_CLASS(gst_anomaly_clip_parent_class)->src_event(trans, event);
}

static void add_latency(GstQuery* query, GstClockTime own) {
  gboolean live = FALSE;
  GstClockTime min = 0, max = GST_CLOCK_TIME_NONE;
  gst_query_parse_latency(query, &live, &min, &max);
  if (!live) return;
  gst_query_set_latency(query, live, min + own, GST_CLOCK_TIME_IS_VALID(max) ? max + own : max);
}

static gboolean gst_anomaly_clip_query(GstBaseTransform* trans, GstPadDirection direction,
                                       GstQuery* query) {
  if (direction == GST_PAD_SINK && GST_QUERY_IS_SERIALIZED(query)) drain(trans);
  if (GST_QUERY_TYPE(query) == GST_QUERY_CONTEXT &&
      GST_ANOMALY_CLIP(trans)->state->answer_context(query))
    return TRUE;
  const gboolean answered =
      GST_BASE_TRANSFORM_CLASS(gst_anomaly_clip_parent_class)->query(trans, direction, query);
  if (answered && direction == GST_PAD_SRC && GST_QUERY_TYPE(query) == GST_QUERY_LATENCY)
    add_latency(query, GST_ANOMALY_CLIP(trans)->state->latency());
  return answered;
}

static void gst_anomaly_clip_set_context(GstElement* element, GstContext* context) {
  gst_guard(element, 0, [&] { return GST_ANOMALY_CLIP(element)->state->take_context(context), 0; });
  GST_ELEMENT_CLASS(gst_anomaly_clip_parent_class)->set_context(element, context);
}

static void gst_anomaly_clip_class_init(GstAnomalyClipClass* klass) {
  auto* object_class = G_OBJECT_CLASS(klass);
  auto* element_class = GST_ELEMENT_CLASS(klass);
  auto* trans_class = GST_BASE_TRANSFORM_CLASS(klass);

  object_class->set_property = gst_anomaly_clip_set_property;
  object_class->get_property = gst_anomaly_clip_get_property;
  object_class->finalize = gst_anomaly_clip_finalize;
  anomalyclip::gst::install_properties(object_class);

  gst_element_class_set_static_metadata(
      element_class, "AnomalyCLIP inspection", "Filter/Analyzer/Video",
      "Scores every frame against two prompts, normal and abnormal, and maps what is abnormal",
      "The gst-anomalyclip authors");
  anomalyclip::gst::add_pad_templates(element_class);

  element_class->set_context = gst_anomaly_clip_set_context;
  element_class->change_state = gst_anomaly_clip_change_state;
  trans_class->start = gst_anomaly_clip_start;
  trans_class->stop = gst_anomaly_clip_stop;
  trans_class->set_caps = gst_anomaly_clip_set_caps;
  trans_class->propose_allocation = gst_anomaly_clip_propose_allocation;
  trans_class->generate_output = gst_anomaly_clip_generate_output;
  trans_class->sink_event = gst_anomaly_clip_sink_event;
  trans_class->src_event = gst_anomaly_clip_src_event;
  trans_class->query = gst_anomaly_clip_query;
}

static void gst_anomaly_clip_init(GstAnomalyClip* self) {
  auto* trans = GST_BASE_TRANSFORM(self);
  self->state = new Inspector(trans);
  gst_base_transform_set_in_place(trans, TRUE);
  gst_base_transform_set_qos_enabled(trans, FALSE);
}
