/**
 * SECTION:element-anomalypublish
 * @title: anomalypublish
 * @short_description: writes inspections as JSON lines
 *
 * Passes everything on untouched, and writes one line of JSON for each inspection that anomalyclip
 * has attached to it: `stream`, `frame`, `pts_ns`, `utc`, `status`, `score`, `verdict`,
 * `threshold`, `regions`, `latency_ms`, `model`, `prompts`, and `map` where maps are written. A line
 * is in the file as soon as its frame has passed. Encoded frames do too, so it may stand behind an
 * encoder.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -q videotestsrc num-buffers=100 ! anomalyclip ! anomalypublish location=- ! fakesink
 * ]| prints a record for each frame
 */
#include <cerrno>
#include <cstring>
#include <memory>
#include <mutex>

#include <gst/base/gstbasetransform.h>

#include "elements.h"
#include "guard.h"
#include "map_files.h"
#include "qos.h"
#include "result_writer.h"

GST_DEBUG_CATEGORY_STATIC(anomalypublish_debug);
#define GST_CAT_DEFAULT anomalypublish_debug

using anomalyclip::gst::LineFile;
using anomalyclip::gst::MapFiles;

namespace {

enum Property : guint { kPropNone, kPropLocation, kPropAppend, kPropStream, kPropMaps };

struct State {
  std::mutex mutex;  // guards the properties
  std::string location = "-";
  bool append = false;
  std::string stream, maps;

  std::unique_ptr<LineFile> file;       // while started
  std::unique_ptr<MapFiles> map_files;  // while started, if asked for
  std::string name;                     // of the stream, while started
};

}  // namespace

struct GstAnomalyPublish {
  GstBaseTransform parent;
  State* state;
};

struct GstAnomalyPublishClass {
  GstBaseTransformClass parent_class;
};

#define GST_ANOMALY_PUBLISH(object) (reinterpret_cast<GstAnomalyPublish*>(object))

static GType gst_anomaly_publish_get_type();
G_DEFINE_TYPE(GstAnomalyPublish, gst_anomaly_publish, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE_WITH_CODE(
    anomalypublish, "anomalypublish", GST_RANK_NONE, gst_anomaly_publish_get_type(),
    GST_DEBUG_CATEGORY_INIT(anomalypublish_debug, "anomalypublish", 0, "inspections as JSON lines"))

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

static void gst_anomaly_publish_set_property(GObject* object, guint id, const GValue* value,
                                             GParamSpec*) {
  State& state = *GST_ANOMALY_PUBLISH(object)->state;
  const std::lock_guard lock(state.mutex);
  const auto text = [&] { return g_value_get_string(value) ? g_value_get_string(value) : ""; };
  if (id == kPropLocation) state.location = text();
  if (id == kPropAppend) state.append = g_value_get_boolean(value);
  if (id == kPropStream) state.stream = text();
  if (id == kPropMaps) state.maps = text();
}

static void gst_anomaly_publish_get_property(GObject* object, guint id, GValue* value,
                                             GParamSpec*) {
  State& state = *GST_ANOMALY_PUBLISH(object)->state;
  const std::lock_guard lock(state.mutex);
  if (id == kPropLocation) g_value_set_string(value, state.location.c_str());
  if (id == kPropAppend) g_value_set_boolean(value, state.append);
  if (id == kPropStream)
    g_value_set_string(value, state.stream.empty() ? nullptr : state.stream.c_str());
  if (id == kPropMaps) g_value_set_string(value, state.maps.empty() ? nullptr : state.maps.c_str());
}

static void gst_anomaly_publish_finalize(GObject* object) {
  delete GST_ANOMALY_PUBLISH(object)->state;
  G_OBJECT_CLASS(gst_anomaly_publish_parent_class)->finalize(object);
}

static gboolean gst_anomaly_publish_start(GstBaseTransform* trans) {
  State& state = *GST_ANOMALY_PUBLISH(trans)->state;
  try {
    const std::lock_guard lock(state.mutex);
    state.name = state.stream.empty() ? GST_OBJECT_NAME(trans) : state.stream;
    state.file = std::make_unique<LineFile>(state.location, state.append);
    if (!state.maps.empty()) state.map_files = std::make_unique<MapFiles>(state.maps, state.name);
    return TRUE;
  } catch (...) {
    GST_ELEMENT_ERROR(trans, RESOURCE, OPEN_WRITE, ("%s", anomalyclip::gst::caught_error().what()),
                      (nullptr));
    return FALSE;
  }
}

static gboolean gst_anomaly_publish_stop(GstBaseTransform* trans) {
  State& state = *GST_ANOMALY_PUBLISH(trans)->state;
  state.file.reset();
  state.map_files.reset();
  return TRUE;
}

/// @throws Error when the map cannot be written
static bool publish(State& state, const GstAnomalyMeta* meta, GstClockTime pts) {
  const std::string map = state.map_files ? state.map_files->write(meta) : "";
  return state.file->write(anomalyclip::gst::to_json(meta, state.name, pts, map));
}

static GstFlowReturn gst_anomaly_publish_transform_ip(GstBaseTransform* trans, GstBuffer* buffer) {
  State& state = *GST_ANOMALY_PUBLISH(trans)->state;
  try {
    gpointer position = nullptr;
    while (GstMeta* meta =
               gst_buffer_iterate_meta_filtered(buffer, &position, GST_ANOMALY_META_API_TYPE)) {
      if (publish(state, reinterpret_cast<const GstAnomalyMeta*>(meta), GST_BUFFER_PTS(buffer)))
        continue;
      GST_ELEMENT_ERROR(trans, RESOURCE, WRITE,
                        ("A result cannot be written: %s.", std::strerror(errno)), (nullptr));
      return GST_FLOW_ERROR;
    }
    return GST_FLOW_OK;
  } catch (...) {
    GST_ELEMENT_ERROR(trans, RESOURCE, WRITE, ("%s", anomalyclip::gst::caught_error().what()),
                      (nullptr));
    return GST_FLOW_ERROR;
  }
}

static void install_properties(GObjectClass* object_class) {
  constexpr auto flags = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                                  GST_PARAM_MUTABLE_READY);
  g_object_class_install_property(
      object_class, kPropLocation,
      g_param_spec_string("location", "Location",
                          "Path of the file that is written, or - for standard output", "-",
                          flags));
  g_object_class_install_property(
      object_class, kPropAppend,
      g_param_spec_boolean("append", "Append",
                           "Keep what the file holds already and write behind it", FALSE, flags));
  g_object_class_install_property(
      object_class, kPropStream,
      g_param_spec_string("stream", "Stream",
                          "Name that the records carry, to tell cameras apart. Unset: the "
                          "element's name",
                          nullptr, flags));
  g_object_class_install_property(
      object_class, kPropMaps,
      g_param_spec_string("maps", "Maps",
                          "Folder for the anomaly maps, a 16-bit grey PNG for each inspected frame "
                          "(0..65535 is 0..1), named in the records. Unset: none are written",
                          nullptr, flags));
}

static gboolean gst_anomaly_publish_src_event(GstBaseTransform* trans, GstEvent* event) {
  if (anomalyclip::gst::end_qos(event)) return TRUE;
  return GST_BASE_TRANSFORM_CLASS(gst_anomaly_publish_parent_class)->src_event(trans, event);
}

static void gst_anomaly_publish_class_init(GstAnomalyPublishClass* klass) {
  auto* object_class = G_OBJECT_CLASS(klass);
  auto* element_class = GST_ELEMENT_CLASS(klass);
  auto* trans_class = GST_BASE_TRANSFORM_CLASS(klass);

  object_class->set_property = gst_anomaly_publish_set_property;
  object_class->get_property = gst_anomaly_publish_get_property;
  object_class->finalize = gst_anomaly_publish_finalize;
  install_properties(object_class);

  gst_element_class_set_static_metadata(
      element_class, "Anomaly publisher", "Generic/Metadata",
      "Writes the inspections that anomalyclip has attached to the frames as JSON lines",
      "The gst-anomalyclip authors");
  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_add_static_pad_template(element_class, &src_template);

  trans_class->start = gst_anomaly_publish_start;
  trans_class->stop = gst_anomaly_publish_stop;
  trans_class->src_event = gst_anomaly_publish_src_event;
  trans_class->transform_ip = gst_anomaly_publish_transform_ip;
  trans_class->transform_ip_on_passthrough = TRUE;
}

static void gst_anomaly_publish_init(GstAnomalyPublish* self) {
  auto* trans = GST_BASE_TRANSFORM(self);
  self->state = new State;
  gst_base_transform_set_passthrough(trans, TRUE);
  gst_base_transform_set_qos_enabled(trans, FALSE);
}
