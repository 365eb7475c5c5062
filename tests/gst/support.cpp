#include "support.h"

#include <cmath>

namespace anomalyclip::testing {
namespace {

class GStreamer : public ::testing::Environment {
  void SetUp() override { gst_init(nullptr, nullptr); }
  // The leaks tracer (see leaks.sh) counts what is left.
  void TearDown() override {
    if (g_getenv("GST_TRACERS")) {
      GList* tracers = gst_tracing_get_active_tracers();
      EXPECT_TRUE(tracers) << "the leaks tracer (coretracers plugin) is missing";
      g_list_free_full(tracers, gst_object_unref);
    }
    gst_deinit();
  }
};

const auto* const gstreamer = ::testing::AddGlobalTestEnvironment(new GStreamer);

std::pair<std::string, GQuark> parse(const UniqueMessage& message, int* code) {
  GError* error = nullptr;
  gchar* debug = nullptr;
  switch (GST_MESSAGE_TYPE(message.get())) {
    case GST_MESSAGE_ERROR:
      gst_message_parse_error(message.get(), &error, &debug);
      break;
    case GST_MESSAGE_WARNING:
      gst_message_parse_warning(message.get(), &error, &debug);
      break;
    default:
      gst_message_parse_info(message.get(), &error, &debug);
  }
  std::pair<std::string, GQuark> result(error->message, error->domain);
  *code = error->code;
  g_error_free(error);
  g_free(debug);
  return result;
}

}  // namespace

UniqueHarness harness(const std::string& line) {
  if (line.find('!') != std::string::npos)
    return UniqueHarness(gst_harness_new_parse(line.c_str()));
  // Of one element the harness holds that element and no bin around it, so that its properties can be reached.
  GstElement* element = gst_parse_launch(line.c_str(), nullptr);
  UniqueHarness h(gst_harness_new_with_element(element, "sink", "src"));
  gst_object_unref(element);
  return h;
}

UniqueHarness harness(const std::string& line, const std::string& caps) {
  UniqueHarness h = harness(line);
  gst_harness_set_src_caps_str(h.get(), caps.c_str());
  return h;
}

std::string video_caps(const std::string& format, int width, int height, const std::string& more) {
  return "video/x-raw,format=" + format + ",width=" + std::to_string(width) +
         ",height=" + std::to_string(height) + ",framerate=25/1" + (more.empty() ? "" : "," + more);
}

UniqueBuffer frame(const std::string& caps_text, GstClockTime pts, int value) {
  UniqueCaps caps(gst_caps_from_string(caps_text.c_str()));
  GstVideoInfo info;
  EXPECT_TRUE(gst_video_info_from_caps(&info, caps.get())) << caps_text;
  UniqueBuffer buffer(gst_buffer_new_allocate(nullptr, info.size, nullptr));
  gst_buffer_memset(buffer.get(), 0, guint8(value), info.size);
  GST_BUFFER_PTS(buffer.get()) = pts;
  GST_BUFFER_DURATION(buffer.get()) = GST_SECOND / 25;
  return buffer;
}

UniqueBuffer picture(int width, int height, int seed) {
  UniqueBuffer buffer = frame(video_caps("RGB", width, height));
  const int stride = GST_ROUND_UP_4(width * 3);
  GstMapInfo map;
  EXPECT_TRUE(gst_buffer_map(buffer.get(), &map, GST_MAP_WRITE));
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < 3; ++c)
        map.data[y * stride + x * 3 + c] = guint8(
            128 + 90 * std::sin(0.02 * (x + 9 * seed) + 0.9 * c) * std::cos(0.02 * y * (1 + seed)));
  gst_buffer_unmap(buffer.get(), &map);
  return buffer;
}

UniqueBuffer converted(const std::string& line, const std::string& caps, UniqueBuffer buffer) {
  return pass(harness(line, caps).get(), std::move(buffer));
}

std::vector<unsigned char> bytes(GstBuffer* buffer) {
  std::vector<unsigned char> all(gst_buffer_get_size(buffer));
  gst_buffer_extract(buffer, 0, all.data(), all.size());
  return all;
}

UniqueBuffer pass(GstHarness* harness, UniqueBuffer buffer) {
  EXPECT_EQ(gst_harness_push(harness, buffer.release()), GST_FLOW_OK);
  return UniqueBuffer(gst_harness_pull(harness));
}

const GstAnomalyMeta* inspection(const UniqueBuffer& buffer) {
  const GstAnomalyMeta* meta = buffer ? gst_buffer_get_anomaly_meta(buffer.get()) : nullptr;
  if (!meta) throw std::runtime_error("a frame without inspection");
  return meta;
}

Bus::Bus(GstElement* element) : bus_(gst_bus_new()), element_(element) {
  gst_element_set_bus(element, bus_.get());
}

Bus::~Bus() {
  gst_element_set_bus(element_, nullptr);
}

UniqueMessage Bus::wait(int types) const {
  return UniqueMessage(
      gst_bus_timed_pop_filtered(bus_.get(), 10 * GST_SECOND, static_cast<GstMessageType>(types)));
}

UniqueMessage Bus::take(int types) const {
  return UniqueMessage(gst_bus_pop_filtered(bus_.get(), static_cast<GstMessageType>(types)));
}

std::vector<UniqueStructure> Bus::take_elements(const std::string& name) const {
  std::vector<UniqueStructure> structures;
  while (UniqueMessage message = take(GST_MESSAGE_ELEMENT))
    if (gst_message_has_name(message.get(), name.c_str()))
      structures.emplace_back(gst_structure_copy(gst_message_get_structure(message.get())));
  return structures;
}

std::string text_of(const UniqueMessage& message) {
  int code;
  return message ? parse(message, &code).first : "(no message)";
}

bool is(const UniqueMessage& message, GQuark domain, int code) {
  int found;
  return message && parse(message, &found).second == domain && found == code;
}

double number(const UniqueStructure& structure, const char* field) {
  double value = NAN;
  EXPECT_TRUE(gst_structure_get_double(structure.get(), field, &value)) << field;
  return value;
}

guint64 integer(const UniqueStructure& structure, const char* field) {
  guint64 value = G_MAXUINT64;
  EXPECT_TRUE(gst_structure_get_uint64(structure.get(), field, &value)) << field;
  return value;
}

UniqueStructure stats(GstElement* element) {
  GstStructure* structure = nullptr;
  g_object_get(element, "stats", &structure, nullptr);
  return UniqueStructure(structure);
}

}  // namespace anomalyclip::testing
