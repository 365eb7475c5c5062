/**
 * SECTION:element-anomalyoverlay
 * @title: anomalyoverlay
 * @short_description: draws inspections
 *
 * Draws what anomalyclip has found, from the #GstAnomalyMeta on the frame: behind a tee, so that
 * one branch records clean pictures and the other shows heatmaps, or at another size than was
 * inspected. Frames without one pass untouched.
 *
 * Behind videocrop it cuts the frame itself, without copying it, so that the drawing stays where
 * the defect is.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=100 ! anomalyclip ! tee name=t t. ! queue ! fakesink t. ! queue ! videoscale ! video/x-raw,width=1280,height=960 ! anomalyoverlay overlay=both ! videoconvert ! autovideosink
 * ]| clean frames to one branch, a large view with heatmaps to the other
 */
#include <atomic>
#include <mutex>

#include <gst/base/gstbasetransform.h>

#include "crop.h"
#include "cuda_sharing.h"
#include "drawing.h"
#include "elements.h"
#include "guard.h"
#include "overlay_properties.h"
#include "pad_templates.h"
#include "qos.h"

GST_DEBUG_CATEGORY_STATIC(anomalyoverlay_debug);
#define GST_CAT_DEFAULT anomalyoverlay_debug

using anomalyclip::gst::gst_guard;
using anomalyclip::gst::OverlaySettings;

namespace {

struct State {
  explicit State(GstElement* element) : cuda(element), drawing(cuda) { gst_video_info_init(&info); }

  mutable std::mutex mutex;  // guards settings
  OverlaySettings settings{.overlay = anomalyclip::Overlay::kHeatmap};
  GstVideoInfo info;
  anomalyclip::gst::CudaSharing cuda;
  anomalyclip::gst::Drawing drawing;

  OverlaySettings copy_settings() const {
    const std::lock_guard lock(mutex);
    return settings;
  }
};

}  // namespace

struct GstAnomalyOverlay {
  GstBaseTransform parent;
  State* state;
};

struct GstAnomalyOverlayClass {
  GstBaseTransformClass parent_class;
};

#define GST_ANOMALY_OVERLAY(object) (reinterpret_cast<GstAnomalyOverlay*>(object))

static GType gst_anomaly_overlay_get_type();
G_DEFINE_TYPE(GstAnomalyOverlay, gst_anomaly_overlay, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE_WITH_CODE(
    anomalyoverlay, "anomalyoverlay", GST_RANK_NONE, gst_anomaly_overlay_get_type(),
    GST_DEBUG_CATEGORY_INIT(anomalyoverlay_debug, "anomalyoverlay", 0, "drawing of inspections"))

static void gst_anomaly_overlay_set_property(GObject* object, guint id, const GValue* value,
                                             GParamSpec*) {
  State& state = *GST_ANOMALY_OVERLAY(object)->state;
  const std::lock_guard lock(state.mutex);
  anomalyclip::gst::set_overlay_property(state.settings, id - 1, value);
}

static void gst_anomaly_overlay_get_property(GObject* object, guint id, GValue* value,
                                             GParamSpec*) {
  const OverlaySettings settings = GST_ANOMALY_OVERLAY(object)->state->copy_settings();
  anomalyclip::gst::get_overlay_property(settings, id - 1, value);
}

static void gst_anomaly_overlay_finalize(GObject* object) {
  delete GST_ANOMALY_OVERLAY(object)->state;
  G_OBJECT_CLASS(gst_anomaly_overlay_parent_class)->finalize(object);
}

static gboolean gst_anomaly_overlay_stop(GstBaseTransform* trans) {
  State& state = *GST_ANOMALY_OVERLAY(trans)->state;
  state.drawing.close();
  state.cuda.close();
  return TRUE;
}

static gboolean gst_anomaly_overlay_set_caps(GstBaseTransform* trans, GstCaps* caps, GstCaps*) {
  return gst_video_info_from_caps(&GST_ANOMALY_OVERLAY(trans)->state->info, caps);
}

/* Frames go through as they are, so downstream's answer is ours. A crop that is only noted on the
 * frame is carried out here, which needs a downstream that looks at GstVideoMeta. */
static gboolean gst_anomaly_overlay_propose_allocation(GstBaseTransform* trans, GstQuery* decided,
                                                       GstQuery* query) {
  const gboolean answered = gst_pad_peer_query(GST_BASE_TRANSFORM_SRC_PAD(trans), query) ||
                            GST_BASE_TRANSFORM_CLASS(gst_anomaly_overlay_parent_class)
                                ->propose_allocation(trans, decided, query);
  const GstVideoInfo& info = GST_ANOMALY_OVERLAY(trans)->state->info;
  if (answered && anomalyclip::gst::can_crop_in_place(info) &&
      gst_query_find_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr) &&
      !gst_query_find_allocation_meta(query, GST_VIDEO_CROP_META_API_TYPE, nullptr))
    gst_query_add_allocation_meta(query, GST_VIDEO_CROP_META_API_TYPE, nullptr);
  return answered;
}

static GstFlowReturn gst_anomaly_overlay_transform_ip(GstBaseTransform* trans, GstBuffer* buffer) {
  return gst_guard(trans, GST_FLOW_ERROR, [&] {
    State& state = *GST_ANOMALY_OVERLAY(trans)->state;
    anomalyclip::gst::apply_crop(buffer, state.info);
    const OverlaySettings settings = state.copy_settings();
    state.cuda.open_for(buffer);
    gpointer position = nullptr;
    while (GstMeta* meta =
               gst_buffer_iterate_meta_filtered(buffer, &position, GST_ANOMALY_META_API_TYPE))
      state.drawing.draw(buffer, state.info, reinterpret_cast<const GstAnomalyMeta*>(meta),
                         settings);
    return GST_FLOW_OK;
  });
}

static gboolean gst_anomaly_overlay_src_event(GstBaseTransform* trans, GstEvent* event) {
  if (anomalyclip::gst::end_qos(event)) return TRUE;
  return GST_BASE_TRANSFORM_CLASS(gst_anomaly_overlay_parent_class)->src_event(trans, event);
}

static void gst_anomaly_overlay_class_init(GstAnomalyOverlayClass* klass) {
  auto* object_class = G_OBJECT_CLASS(klass);
  auto* element_class = GST_ELEMENT_CLASS(klass);
  auto* trans_class = GST_BASE_TRANSFORM_CLASS(klass);

  object_class->set_property = gst_anomaly_overlay_set_property;
  object_class->get_property = gst_anomaly_overlay_get_property;
  object_class->finalize = gst_anomaly_overlay_finalize;
  anomalyclip::gst::install_overlay_properties(object_class, 1, anomalyclip::Overlay::kHeatmap);

  gst_element_class_set_static_metadata(
      element_class, "Anomaly overlay", "Filter/Effect/Video",
      "Draws the inspections that anomalyclip has attached to the frames",
      "The gst-anomalyclip authors");
  anomalyclip::gst::add_pad_templates(element_class);

  trans_class->stop = gst_anomaly_overlay_stop;
  trans_class->set_caps = gst_anomaly_overlay_set_caps;
  trans_class->propose_allocation = gst_anomaly_overlay_propose_allocation;
  trans_class->src_event = gst_anomaly_overlay_src_event;
  trans_class->transform_ip = gst_anomaly_overlay_transform_ip;
}

static void gst_anomaly_overlay_init(GstAnomalyOverlay* self) {
  auto* trans = GST_BASE_TRANSFORM(self);
  self->state = new State(GST_ELEMENT_CAST(self));
  gst_base_transform_set_in_place(trans, TRUE);
  gst_base_transform_set_qos_enabled(trans, FALSE);
}
