#include "support.h"

namespace anomalyclip::testing {
namespace {

class GStreamer : public ::testing::Environment {
  void SetUp() override { gst_init(nullptr, nullptr); }
};

const auto* const gstreamer = ::testing::AddGlobalTestEnvironment(new GStreamer);

}  // namespace

UniqueHarness harness(const std::string& line) {
  return UniqueHarness(gst_harness_new_parse(line.c_str()));
}

std::string video_caps(const std::string& format, int width, int height, const std::string& more) {
  return "video/x-raw,format=" + format + ",width=" + std::to_string(width) +
         ",height=" + std::to_string(height) + ",framerate=25/1" + (more.empty() ? "" : "," + more);
}

UniqueBuffer frame(const std::string& caps_text, GstClockTime pts) {
  UniqueCaps caps(gst_caps_from_string(caps_text.c_str()));
  GstVideoInfo info;
  EXPECT_TRUE(gst_video_info_from_caps(&info, caps.get())) << caps_text;
  UniqueBuffer buffer(gst_buffer_new_allocate(nullptr, info.size, nullptr));
  gst_buffer_memset(buffer.get(), 0, 0, info.size);
  GST_BUFFER_PTS(buffer.get()) = pts;
  GST_BUFFER_DURATION(buffer.get()) = GST_SECOND / 25;
  return buffer;
}

UniqueBuffer pass(GstHarness* harness, UniqueBuffer buffer) {
  EXPECT_EQ(gst_harness_push(harness, buffer.release()), GST_FLOW_OK);
  return UniqueBuffer(gst_harness_pull(harness));
}

}  // namespace anomalyclip::testing
