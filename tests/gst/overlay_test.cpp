#include "models.h"
#include "support.h"

namespace anomalyclip::testing {
namespace {

constexpr const char* kFormats[] = {"I420", "NV12", "RGB", "BGRx", "GRAY8"};

std::string inspect(const std::string& overlay = "none") {
  return "anomalyclip " + tiny_properties() +
         " pixel-threshold=0.5 threshold=0.5 overlay=" + overlay;
}

UniqueBuffer picture_in(const char* format, int width, int height) {
  return converted("videoconvert ! capsfilter caps=" + video_caps(format, width, height),
                   video_caps("RGB", width, height), picture(width, height, 5));
}

TEST(Overlay, DrawsWhatAnomalyclipWouldHaveDrawn) {
  for (const char* format : kFormats) {
    SCOPED_TRACE(format);
    const std::string caps = video_caps(format, 96, 64);
    const auto inside = bytes(converted(inspect("both"), caps, picture_in(format, 96, 64)).get());
    const auto behind = bytes(converted(inspect() + " ! queue ! anomalyoverlay overlay=both", caps,
                                        picture_in(format, 96, 64))
                                  .get());
    EXPECT_EQ(behind, inside);
    EXPECT_NE(behind, bytes(picture_in(format, 96, 64).get()));
  }
}

TEST(Overlay, LeavesFramesWithoutInspectionAlone) {
  const std::string caps = video_caps("RGB", 96, 64);
  UniqueBuffer buffer = picture(96, 64);
  const auto before = bytes(buffer.get());
  EXPECT_EQ(bytes(converted("anomalyoverlay", caps, std::move(buffer)).get()), before);
}

using Frames = std::vector<std::vector<unsigned char>>;

/// The frames that arrive at these sinks of a launch line until its end.
std::vector<Frames> run(const std::string& line, const std::vector<const char*>& sinks) {
  const UniqueElement pipeline(gst_parse_launch(line.c_str(), nullptr));
  std::vector<Frames> frames(sinks.size());
  const auto record =
      +[](GstElement*, GstBuffer* buffer, GstPad*, Frames* to) { to->push_back(bytes(buffer)); };
  for (std::size_t i = 0; i < sinks.size(); ++i) {
    GstElement* sink = gst_bin_get_by_name(GST_BIN(pipeline.get()), sinks[i]);
    g_object_set(sink, "signal-handoffs", TRUE, nullptr);
    g_signal_connect(sink, "handoff", G_CALLBACK(record), &frames[i]);
    gst_object_unref(sink);
  }
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  GstBus* bus = gst_element_get_bus(pipeline.get());
  EXPECT_TRUE(UniqueMessage(gst_bus_timed_pop_filtered(bus, 20 * GST_SECOND, GST_MESSAGE_EOS)));
  gst_object_unref(bus);
  return frames;
}

TEST(Overlay, LeavesTheOtherBranchOfATeeAlone) {
  const std::string source =
      "videotestsrc pattern=ball num-buffers=5 ! " + video_caps("RGB", 96, 64) + " ! ";
  const auto branches =
      run(source + inspect() +
              " ! tee name=t t. ! queue ! fakesink name=clean t. ! queue ! anomalyoverlay ! "
              "fakesink name=drawn",
          {"clean", "drawn"});
  EXPECT_EQ(branches[0], run(source + "fakesink name=plain", {"plain"})[0]);
  ASSERT_EQ(branches[1].size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_NE(branches[1][i], branches[0][i]);
}

TEST(Overlay, DrawsAtAnotherSize) {
  const std::string caps = video_caps("RGB", 96, 64);
  const UniqueBuffer out =
      converted(inspect() +
                    " ! videoscale ! capsfilter caps=video/x-raw,width=192,height=128 ! "
                    "anomalyoverlay overlay=heatmap show-label=false",
                caps, picture(96, 64, 5));
  // The same as scaling a drawn frame, but for interpolation.
  const UniqueBuffer reference = converted(inspect("heatmap") +
                                               " show-label=false ! videoscale ! capsfilter "
                                               "caps=video/x-raw,width=192,height=128",
                                           caps, picture(96, 64, 5));
  const auto a = bytes(out.get()), b = bytes(reference.get());
  ASSERT_EQ(a.size(), b.size());
  double difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference += std::abs(double(a[i]) - b[i]);
  EXPECT_LT(difference / double(a.size()), 2);
}

// videocrop 1.22 only notes a crop where downstream takes GstVideoCropMeta, which keeps metadata; anomalyoverlay takes it
// and carries it out.
TEST(Overlay, BehindVideocropDrawsWhereTheDefectIs) {
  // Not grey, which is drawn as outlines: those run along the edge of the frame.
  for (const char* format : {"I420", "NV12", "RGB", "BGRx"}) {
    SCOPED_TRACE(format);
    const std::string crop = " ! videocrop left=16 top=8 right=20 bottom=12";
    const auto cropped = [&](const std::string& line) {
      UniqueHarness h = harness(line);
      gst_harness_add_propose_allocation_meta(h.get(), GST_VIDEO_META_API_TYPE, nullptr);
      gst_harness_set_src_caps_str(h.get(), video_caps(format, 96, 64).c_str());
      UniqueBuffer out = pass(h.get(), picture_in(format, 96, 64));
      UniqueCaps caps(gst_pad_get_current_caps(h->sinkpad));
      GstVideoInfo info;
      gst_video_info_from_caps(&info, caps.get());
      EXPECT_EQ(info.width, 60);
      EXPECT_EQ(info.height, 44);
      // Tight rows, so that frames can be compared.
      UniqueBuffer tight(gst_buffer_new_allocate(nullptr, info.size, nullptr));
      gst_buffer_memset(tight.get(), 0, 0, info.size);
      GstVideoFrame from, to;
      EXPECT_TRUE(gst_video_frame_map(&from, &info, out.get(), GST_MAP_READ));
      EXPECT_TRUE(gst_video_frame_map(&to, &info, tight.get(), GST_MAP_WRITE));
      gst_video_frame_copy(&to, &from);
      gst_video_frame_unmap(&from);
      gst_video_frame_unmap(&to);
      return std::pair(bytes(tight.get()), std::move(out));
    };
    const auto drawn_then_cropped = cropped(inspect("heatmap") + " show-label=false" + crop);
    const auto cropped_then_drawn =
        cropped(inspect() + crop + " ! anomalyoverlay overlay=heatmap show-label=false");
    EXPECT_EQ(cropped_then_drawn.first, drawn_then_cropped.first);

    double x, y, width, height;
    ASSERT_TRUE(gst_anomaly_meta_get_map_rectangle(inspection(cropped_then_drawn.second), &x, &y,
                                                   &width, &height));
    EXPECT_EQ((std::array{x, y, width, height}), (std::array<double, 4>{-16, -8, 96, 64}));
    EXPECT_FALSE(gst_buffer_get_video_crop_meta(cropped_then_drawn.second.get()));
  }
}

TEST(Overlay, DropsNothingThoughToldTo) {
  const std::string caps = video_caps("RGB", 96, 64);
  for (const char* line : {"anomalyoverlay qos=true", "anomalypublish qos=true"}) {
    UniqueHarness h = harness(line, caps);
    pass(h.get(), picture(96, 64));
    gst_harness_push_upstream_event(
        h.get(), gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 10.0, 100 * GST_SECOND, 0));
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(pass(h.get(), picture(96, 64)));
  }
}

TEST(Overlay, DrawsNothingWhenToldSo) {
  const std::string caps = video_caps("RGB", 96, 64);
  const auto out = bytes(
      converted(inspect() + " ! anomalyoverlay overlay=none", caps, picture(96, 64, 5)).get());
  EXPECT_EQ(out, bytes(picture(96, 64, 5).get()));
}

TEST(Overlay, LabelsOnlyWhereAsked) {
  const std::string caps = video_caps("RGB", 192, 128);
  const auto with = bytes(converted(inspect("contours"), caps, picture(192, 128, 5)).get());
  const auto without =
      bytes(converted(inspect("contours") + " show-label=false", caps, picture(192, 128, 5)).get());
  EXPECT_NE(with, without);
}

}  // namespace
}  // namespace anomalyclip::testing
