// What the properties do.
#include <cstring>

#include <gst/check/gsttestclock.h>
#include <gst/controller/gstdirectcontrolbinding.h>
#include <gst/controller/gstinterpolationcontrolsource.h>

#include "gst/latency_report.h"
#include "gst/statistics.h"
#include "models.h"
#include "support.h"

namespace anomalyclip::testing {
namespace {

const std::string kCaps = video_caps("RGB", 96, 64);
constexpr GstClockTime kFrame = GST_SECOND / 25;

UniqueHarness inspector(const std::string& properties = "") {
  return harness("anomalyclip " + tiny_properties() + " " + properties, kCaps);
}

UniqueBuffer inspect(const std::string& properties, int seed = 0) {
  return pass(inspector(properties).get(), picture(96, 64, seed));
}

std::vector<GstAnomalyStatus> statuses(GstHarness* h, int frames) {
  std::vector<GstAnomalyStatus> all;
  for (int i = 0; i < frames; ++i) all.push_back(inspection(pass(h, picture(96, 64, i)))->status);
  return all;
}

constexpr auto I = GST_ANOMALY_STATUS_INSPECTED;

// threshold

TEST(Threshold, DecidesTheVerdict) {
  const double score = inspection(inspect(""))->score;
  const auto verdict = [](double threshold) {
    return inspection(inspect("threshold=" + std::to_string(threshold)))->verdict;
  };
  EXPECT_EQ(verdict(score + 0.001), GST_ANOMALY_VERDICT_NORMAL);
  EXPECT_EQ(verdict(score - 0.001), GST_ANOMALY_VERDICT_ANOMALOUS);
}

TEST(Threshold, WithoutOneTheVerdictIsUnknown) {
  const UniqueBuffer out = inspect("");
  EXPECT_EQ(inspection(out)->verdict, GST_ANOMALY_VERDICT_UNKNOWN);
  EXPECT_EQ(inspection(out)->threshold, GST_ANOMALY_NONE);
}

TEST(Threshold, IsThePromptsUnlessSet) {
  const std::string prompts =
      tiny_prompts("calibrated", {.threshold = 0.25, .pixel_threshold = 0.5});
  const std::string line = "anomalyclip model=" + tiny_model() + " prompts=" + prompts;
  const UniqueBuffer theirs = pass(harness(line, kCaps).get(), picture(96, 64));
  EXPECT_EQ(inspection(theirs)->threshold, 0.25);
  EXPECT_EQ(inspection(theirs)->pixel_threshold, 0.5);
  const UniqueBuffer ours = pass(harness(line + " threshold=0.75", kCaps).get(), picture(96, 64));
  EXPECT_EQ(inspection(ours)->threshold, 0.75);
}

TEST(Threshold, FollowsAController) {
  UniqueHarness h = inspector();
  GstControlSource* source = gst_interpolation_control_source_new();
  g_object_set(source, "mode", GST_INTERPOLATION_MODE_LINEAR, nullptr);
  gst_object_add_control_binding(
      GST_OBJECT(h->element),
      gst_direct_control_binding_new_absolute(GST_OBJECT(h->element), "threshold", source));
  auto* values = GST_TIMED_VALUE_CONTROL_SOURCE(source);
  gst_timed_value_control_source_set(values, 0, 0.1);
  gst_timed_value_control_source_set(values, 10 * kFrame, 0.9);
  gst_object_unref(source);
  for (int i = 0; i <= 10; i += 5) {
    UniqueBuffer buffer = picture(96, 64);
    GST_BUFFER_PTS(buffer.get()) = i * kFrame;
    EXPECT_NEAR(inspection(pass(h.get(), std::move(buffer)))->threshold, 0.1 + 0.08 * i, 1e-9);
  }
}

// score

TEST(Score, MeanLiesBetweenGlobalAndMap) {
  const double global = inspection(inspect("score=global"))->score;
  const double map = inspection(inspect("score=map"))->score;
  EXPECT_NE(global, map);
  EXPECT_NEAR(inspection(inspect("score=mean"))->score, (global + map) / 2, 1e-6);
}

// roi

TEST(Roi, PixelsOutsideNeverChangeTheScore) {
  const auto score = [](int outside) {
    UniqueBuffer buffer = picture(96, 64);
    GstMapInfo map;
    gst_buffer_map(buffer.get(), &map, GST_MAP_READWRITE);
    for (int y = 0; y < 64; ++y)
      for (int x = 0; x < 96; ++x)
        if (x < 20 || x >= 60 || y < 10 || y >= 50)
          std::fill_n(map.data + (y * 96 + x) * 3, 3, guint8(outside));
    gst_buffer_unmap(buffer.get(), &map);
    return inspection(pass(inspector("roi=20,10,40,40").get(), std::move(buffer)))->score;
  };
  EXPECT_EQ(score(0), score(255));
  EXPECT_NE(inspection(inspect("roi=20,10,40,40"))->score,
            inspection(inspect("roi=40,20,40,40"))->score);
}

TEST(Roi, IsWhatTheMapSpansInPixelsAndInFractions) {
  for (const char* roi : {"24,16,48,32", "0.25,0.25,0.5,0.5"}) {
    const UniqueBuffer out = inspect(std::string("roi=") + roi);
    double x, y, width, height;
    ASSERT_TRUE(gst_anomaly_meta_get_map_rectangle(inspection(out), &x, &y, &width, &height));
    EXPECT_EQ((std::array{x, y, width, height}), (std::array<double, 4>{24, 16, 48, 32}));
  }
}

TEST(Roi, KeepsTheFramesScaleWhereToldTo) {
  const auto map_width = [](const UniqueHarness& h) {
    guint width = 0, height = 0;
    const UniqueBuffer out = pass(h.get(), picture(96, 64));
    g_bytes_unref(gst_anomaly_meta_get_map(inspection(out), &width, &height));
    return width;
  };
  UniqueHarness h = inspector("roi=0,0,48,32");
  EXPECT_EQ(map_width(h), 56u);
  g_object_set(h->element, "roi-keep-scale", TRUE, nullptr);
  EXPECT_EQ(map_width(h), 28u);
}

TEST(Roi, WhilePlayingABadOneIsRefusedAndTheOldOneStays) {
  UniqueHarness h = inspector("roi=0,0,48,48");
  const Bus bus(h->element);
  pass(h.get(), picture(96, 64));
  for (const char* bad : {"1,2,3", "500,500,10,10", "a,b,c,d"}) {
    g_object_set(h->element, "roi", bad, nullptr);
    const UniqueMessage warning = bus.wait(GST_MESSAGE_WARNING);
    EXPECT_TRUE(is(warning, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS)) << text_of(warning);
    gchar* now = nullptr;
    g_object_get(h->element, "roi", &now, nullptr);
    EXPECT_STREQ(now, "0,0,48,48");
    g_free(now);
  }
}

// regions, map

TEST(Regions, BecomeRegionOfInterestMetas) {
  const UniqueBuffer out = inspect("pixel-threshold=0.5");
  const GstAnomalyMeta* meta = inspection(out);
  ASSERT_GT(gst_anomaly_meta_get_n_regions(meta), 0u);
  EXPECT_EQ(gst_buffer_get_n_meta(out.get(), GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE),
            gst_anomaly_meta_get_n_regions(meta));
  auto* roi = reinterpret_cast<GstVideoRegionOfInterestMeta*>(
      gst_buffer_get_meta(out.get(), GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE));
  EXPECT_STREQ(g_quark_to_string(roi->roi_type), "anomaly");
  const GstAnomalyRegion* region = gst_anomaly_meta_get_region(meta, 0);
  EXPECT_EQ(double(roi->x), region->x);
  EXPECT_EQ(double(roi->w), region->width);
  const GstStructure* parameters = gst_video_region_of_interest_meta_get_param(roi, "anomaly");
  ASSERT_TRUE(parameters);
  double score = 0;
  EXPECT_TRUE(gst_structure_get_double(parameters, "score", &score));
  EXPECT_EQ(score, region->score);
  gint64 area = 0;
  EXPECT_TRUE(gst_structure_get_int64(parameters, "area", &area));
  EXPECT_EQ(double(area), region->area);
}

TEST(Map, IsAttachedUnlessToldOtherwise) {
  EXPECT_TRUE(gst_anomaly_meta_get_map_buffer(inspection(inspect(""))));
  EXPECT_FALSE(gst_anomaly_meta_get_map_buffer(inspection(inspect("attach-map=false"))));
}

TEST(Map, IsDrawnThoughItIsNotAttached) {
  const auto with = bytes(inspect("overlay=heatmap").get());
  const UniqueBuffer without = inspect("overlay=heatmap attach-map=false");
  EXPECT_FALSE(gst_anomaly_meta_get_map_buffer(inspection(without)));
  EXPECT_EQ(bytes(without.get()), with);
  EXPECT_NE(with, bytes(picture(96, 64).get()));
}

// messages

TEST(Messages, AnomalousPostsThoseFramesOnly) {
  UniqueHarness h = inspector("threshold=0.5");  // black scores far below, white far above
  const Bus bus(h->element);
  for (int value : {0, 255, 0, 255, 255}) pass(h.get(), frame(kCaps, 3 * kFrame, value));
  const auto messages = bus.take_elements("anomaly");
  ASSERT_EQ(messages.size(), 3u);
  EXPECT_EQ(integer(messages[0], "frame"), 1u);
  EXPECT_EQ(integer(messages[0], "pts"), 3 * kFrame);
  EXPECT_EQ(integer(messages[0], "running-time"), 3 * kFrame);
  EXPECT_STREQ(gst_structure_get_string(messages[0].get(), "verdict"), "anomalous");
  EXPECT_GT(number(messages[0], "score"), 0.5);
}

TEST(Messages, AllPostsEveryFrameAndNoneNone) {
  for (const auto& [setting, expected] : {std::pair{"all", 4u}, std::pair{"none", 0u}}) {
    UniqueHarness h = inspector(std::string("interval=2 threshold=0.001 messages=") + setting);
    const Bus bus(h->element);
    statuses(h.get(), 4);
    EXPECT_EQ(bus.take_elements("anomaly").size(), expected);
  }
}

// overload

/// Sets the clock of a harness; frames are due at their PTS.
void set_time(GstHarness* h, GstClockTime time) {
  gst_harness_set_time(h, time);
}

TEST(Overload, SkipLetsLateFramesPassUninspected) {
  UniqueHarness h = inspector("overload=skip");
  const Bus bus(h->element);
  const auto status = [&](GstClockTime pts, GstClockTime now) {
    set_time(h.get(), now);
    UniqueBuffer out = pass(h.get(), frame(kCaps, pts));
    EXPECT_EQ(GST_BUFFER_PTS(out.get()), pts);
    return inspection(out)->status;
  };
  EXPECT_EQ(status(0, 0), GST_ANOMALY_STATUS_INSPECTED);
  EXPECT_EQ(status(kFrame, 5 * kFrame), GST_ANOMALY_STATUS_SKIPPED);
  EXPECT_EQ(status(2 * kFrame, 5 * kFrame), GST_ANOMALY_STATUS_SKIPPED);
  EXPECT_EQ(status(3 * kFrame, 5 * kFrame), GST_ANOMALY_STATUS_SKIPPED);
  EXPECT_EQ(status(4 * kFrame, 5 * kFrame), GST_ANOMALY_STATUS_INSPECTED);
  EXPECT_EQ(integer(stats(h->element), "frames-skipped"), 3u);
  const auto reports = bus.take_elements("anomaly-overload");
  ASSERT_EQ(reports.size(), 1u) << "one report an episode";
  EXPECT_EQ(integer(reports[0], "frame"), 1u);
}

TEST(Overload, SkippedFramesHaveNoResult) {
  UniqueHarness h = inspector("overload=skip threshold=0.001");
  set_time(h.get(), GST_SECOND);
  const UniqueBuffer out = pass(h.get(), frame(kCaps, 0));
  EXPECT_EQ(inspection(out)->verdict, GST_ANOMALY_VERDICT_UNKNOWN);
  EXPECT_EQ(inspection(out)->score, GST_ANOMALY_NONE);
  EXPECT_FALSE(gst_anomaly_meta_get_map_buffer(inspection(out)));
}

TEST(Overload, ALatePipelineHasTheTimeThatItsLatencyGives) {
  UniqueHarness h = inspector("overload=skip");
  gst_harness_push_upstream_event(h.get(), gst_event_new_latency(GST_SECOND));
  set_time(h.get(), GST_SECOND / 2);
  EXPECT_EQ(inspection(pass(h.get(), frame(kCaps, 0)))->status, I);
}

TEST(Overload, BlockInspectsEverything) {
  UniqueHarness h = inspector("overload=block");
  set_time(h.get(), 100 * GST_SECOND);
  EXPECT_EQ(inspection(pass(h.get(), frame(kCaps, 0)))->status, I);
}

// latency and statistics

GstClockTime queried_latency(GstHarness* h) {
  return gst_harness_query_latency(h);
}

TEST(Latency, IsAddedToThatOfLiveSources) {
  UniqueHarness h = inspector();
  gst_harness_set_upstream_latency(h.get(), 40 * GST_MSECOND);
  for (int i = 0; i < 40; ++i) pass(h.get(), picture(96, 64, i));
  const double p99 = number(stats(h->element), "latency-p99-ms");
  const double added = double(queried_latency(h.get())) / 1e6 - 40;
  EXPECT_GE(added, p99);
  EXPECT_LT(added, p99 * 2 + 1);
}

TEST(Latency, IsNotAddedUnlessReported) {
  UniqueHarness h = inspector("latency-report=false");
  gst_harness_set_upstream_latency(h.get(), 40 * GST_MSECOND);
  pass(h.get(), picture(96, 64));
  EXPECT_EQ(queried_latency(h.get()), 40 * GST_MSECOND);
}

TEST(Latency, ThePipelineHearsWhenFramesTakeLongerThanPromised) {
  UniqueHarness h = inspector();
  const Bus bus(h->element);
  pass(h.get(), picture(96, 64));
  while (bus.take(GST_MESSAGE_LATENCY)) {
  }
  // Sixty times the patches.
  const std::string large = tiny_prompts("large", {.image_size = 448});
  g_object_set(h->element, "prompts", large.c_str(), nullptr);
  for (int i = 0; i < 1000 && !bus.take(GST_MESSAGE_ELEMENT); ++i) pass(h.get(), picture(96, 64));
  EXPECT_TRUE(bus.wait(GST_MESSAGE_LATENCY));
}

TEST(LatencyReport, IsRaisedAtOnceAndLoweredByMoreThanAQuarterOnly) {
  gst::LatencyReport report;
  report.start(100);
  EXPECT_EQ(report.promised(), 120 * GST_MSECOND);
  EXPECT_FALSE(report.update(119, 1)) << "within the promise";
  EXPECT_TRUE(report.update(121, 1)) << "beyond it";
  EXPECT_EQ(report.promised(), GstClockTime(121 * 1.2 * 1e6));
  EXPECT_FALSE(report.update(50, 10)) << "too few frames to trust";
  EXPECT_FALSE(report.update(95, 100)) << "not by a quarter";
  EXPECT_TRUE(report.update(50, 100));
  EXPECT_EQ(report.promised(), 60 * GST_MSECOND);
}

TEST(Window, TellsPercentilesOfTheLatestValues) {
  gst::Window window;
  EXPECT_EQ(window.percentile(0.5), 0);
  for (int i = 1; i <= 100; ++i) window.add(i);
  EXPECT_EQ(window.percentile(0.5), 50);
  EXPECT_EQ(window.percentile(0.99), 99);
  EXPECT_EQ(window.percentile(1), 100);
  for (int i = 0; i < 256; ++i) window.add(1000 + i);
  EXPECT_EQ(window.percentile(0), 1000) << "the first hundred are forgotten";
  EXPECT_EQ(window.first(), 1000);
  EXPECT_EQ(window.last(), 1255);
}

TEST(Statistics, CountEveryFrame) {
  UniqueHarness h = inspector("interval=2");
  statuses(h.get(), 6);
  const UniqueStructure s = stats(h->element);
  EXPECT_EQ(integer(s, "frames-inspected"), 3u);
  EXPECT_EQ(integer(s, "frames-reused"), 3u);
  EXPECT_EQ(integer(s, "frames-skipped"), 0u);
  EXPECT_EQ(integer(s, "frames-failed"), 0u);
  EXPECT_GT(number(s, "fps"), 0);
  EXPECT_GT(number(s, "latency-p50-ms"), 0);
  EXPECT_LE(number(s, "latency-p50-ms"), number(s, "latency-p95-ms"));
  EXPECT_LE(number(s, "latency-p95-ms"), number(s, "latency-p99-ms"));
  EXPECT_GT(number(s, "encode-ms"), 0);
  EXPECT_STREQ(gst_structure_get_string(s.get(), "device"), "cpu");
  EXPECT_STREQ(gst_structure_get_string(s.get(), "model"), "tiny.safetensors");
}

// the device

TEST(Device, AutoSaysOnceThatItIsTheCpu) {
  if (g_file_test("/dev/nvidia0", G_FILE_TEST_EXISTS)) GTEST_SKIP() << "there is a CUDA device";
  const UniqueElement element(
      gst_parse_launch(("anomalyclip " + tiny_properties()).c_str(), nullptr));
  const Bus bus(element.get());
  ASSERT_NE(gst_element_set_state(element.get(), GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
  EXPECT_NE(text_of(bus.take(GST_MESSAGE_INFO)).find("CPU"), std::string::npos);
  EXPECT_FALSE(bus.take(GST_MESSAGE_INFO));
}

// the demo

TEST(Demo, RunsWithoutPropertiesAndSaysSoOnce) {
  const std::string folder = scratch_folder() + "/demo";
  g_mkdir_with_parents(folder.c_str(), 0755);
  const auto link = [&](const std::string& file, const char* name) {
    ASSERT_EQ(symlink(file.c_str(), (folder + "/" + name).c_str()), 0);
  };
  link(tiny_model(), "anomalyclip-demo.safetensors");
  link(plain_prompts(), "anomalyclip-demo-prompts.safetensors");
  const std::string before =
      g_getenv("ANOMALYCLIP_DATA_DIR") ? g_getenv("ANOMALYCLIP_DATA_DIR") : "";
  g_setenv("ANOMALYCLIP_DATA_DIR", folder.c_str(), TRUE);

  const UniqueElement element(gst_element_factory_make("anomalyclip", nullptr));
  g_object_set(element.get(), "device", "cpu", nullptr);
  const Bus bus(element.get());
  ASSERT_NE(gst_element_set_state(element.get(), GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
  const UniqueMessage info = bus.take(GST_MESSAGE_INFO);
  EXPECT_NE(text_of(info).find("demo model"), std::string::npos) << text_of(info);
  EXPECT_FALSE(bus.take(GST_MESSAGE_INFO));
  g_setenv("ANOMALYCLIP_DATA_DIR", before.c_str(), TRUE);
}

}  // namespace
}  // namespace anomalyclip::testing
