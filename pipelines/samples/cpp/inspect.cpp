// Embeds anomalyclip in a program: reads score, verdict, regions and map from the frames and
// messages from the bus, and switches to another product while the stream runs.
//
//   inspect VIDEO [PROMPTS.safetensors]     after 25 frames the prompts change to the second file
#include <algorithm>
#include <cstdio>
#include <string>

#include <gst/anomaly/gstanomaly.h>
#include <gst/gst.h>

namespace {

constexpr int kFramesBeforeSwitch = 25;

// Runs in the streaming thread, for every frame that has been inspected. The metadata belongs to
// the buffer.
GstPadProbeReturn on_frame(GstPad*, GstPadProbeInfo* info, gpointer) {
  const GstAnomalyMeta* meta = gst_buffer_get_anomaly_meta(GST_PAD_PROBE_INFO_BUFFER(info));
  if (meta == nullptr || meta->score == GST_ANOMALY_NONE)
    return GST_PAD_PROBE_OK;  // skipped or failed: no result

  // The map: probability of "abnormal", float, row by row.
  guint width = 0, height = 0;
  GBytes* map = gst_anomaly_meta_get_map(meta, &width, &height);
  gsize bytes = 0;
  const auto* values = map ? static_cast<const float*>(g_bytes_get_data(map, &bytes)) : nullptr;
  const float largest = values ? *std::max_element(values, values + bytes / sizeof(float)) : 0.0F;

  std::printf("frame %" G_GUINT64_FORMAT ": score %.4f%s, map %ux%u up to %.4f, %u regions",
              meta->frame_number, meta->score,
              meta->verdict == GST_ANOMALY_VERDICT_ANOMALOUS ? " ANOMALOUS" : "", width, height,
              largest, gst_anomaly_meta_get_n_regions(meta));
  if (gst_anomaly_meta_get_n_regions(meta) > 0) {
    const GstAnomalyRegion* worst = gst_anomaly_meta_get_region(meta, 0);
    std::printf(", the worst at %.0f,%.0f of %.0fx%.0f pixels", worst->x, worst->y, worst->width,
                worst->height);
  }
  std::printf("\n");
  if (map) g_bytes_unref(map);
  return GST_PAD_PROBE_OK;
}

// Prints a message of the element: `anomaly` for a frame, `anomaly-prompts` when new prompts have
// taken over.
void print_message(GstMessage* message) {
  g_autofree char* text = gst_structure_to_string(gst_message_get_structure(message));
  std::printf("message %s\n", text);
}

bool print_error(GstMessage* message) {
  g_autoptr(GError) error = nullptr;
  g_autofree char* debug = nullptr;
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR)
    gst_message_parse_error(message, &error, &debug);
  else
    gst_message_parse_warning(message, &error, &debug);
  std::fprintf(stderr, "%s (%s)\n", error->message, debug ? debug : "");
  return GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR;
}

// Reads the bus to the end of the stream. Returns the program's exit code.
int run(GstElement* pipeline, GstElement* inspect, const char* other_prompts) {
  g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
  const auto wanted = static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR |
                                                  GST_MESSAGE_WARNING | GST_MESSAGE_ELEMENT);
  for (int inspected = 0;;) {
    g_autoptr(GstMessage) message = gst_bus_timed_pop_filtered(bus, GST_CLOCK_TIME_NONE, wanted);
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) return 0;
    if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ELEMENT) {
      if (print_error(message)) return 1;
      continue;
    }
    print_message(message);
    if (gst_message_has_name(message, "anomaly") && ++inspected == kFramesBeforeSwitch &&
        other_prompts)
      g_object_set(inspect, "prompts", other_prompts,
                   nullptr);  // checked first; a bad file leaves the old in place
  }
}

}  // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  if (argc < 2 || argc > 3) {
    std::fprintf(stderr, "usage: %s VIDEO [PROMPTS.safetensors]\n", argv[0]);
    return 2;
  }
  g_autoptr(GError) error = nullptr;
  g_autoptr(GstElement) pipeline = gst_parse_launch(
      "filesrc name=file ! decodebin ! videoconvert ! anomalyclip name=inspect messages=all ! "
      "fakesink name=end",
      &error);
  if (error) {
    std::fprintf(stderr, "%s\n", error->message);
    return 1;
  }
  g_autoptr(GstElement) file = gst_bin_get_by_name(GST_BIN(pipeline), "file");
  g_autoptr(GstElement) inspect = gst_bin_get_by_name(GST_BIN(pipeline), "inspect");
  g_autoptr(GstElement) end = gst_bin_get_by_name(GST_BIN(pipeline), "end");
  g_autoptr(GstPad) pad = gst_element_get_static_pad(end, "sink");
  g_object_set(file, "location", argv[1], nullptr);
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, on_frame, nullptr, nullptr);

  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  const int code = run(pipeline, inspect, argc > 2 ? argv[2] : nullptr);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  return code;
}
