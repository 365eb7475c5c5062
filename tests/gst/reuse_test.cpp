// When a frame carries the result of an earlier one.
#include <algorithm>

#include "models.h"
#include "support.h"

namespace anomalyclip::testing {
namespace {

const std::string kCaps = video_caps("RGB", 96, 64);

UniqueHarness inspector(const std::string& properties) {
  return harness("anomalyclip " + tiny_properties() + " " + properties, kCaps);
}

std::vector<GstAnomalyStatus> statuses(GstHarness* h, int frames) {
  std::vector<GstAnomalyStatus> all;
  for (int i = 0; i < frames; ++i) all.push_back(inspection(pass(h, picture(96, 64, i)))->status);
  return all;
}

constexpr auto I = GST_ANOMALY_STATUS_INSPECTED;
constexpr auto R = GST_ANOMALY_STATUS_REUSED;
using Statuses = std::vector<GstAnomalyStatus>;

// interval

TEST(Interval, ReusesInBetween) {
  UniqueHarness h = inspector("interval=3");
  EXPECT_EQ(statuses(h.get(), 7), (Statuses{I, R, R, I, R, R, I}));
}

TEST(Interval, ReusedFramesCarryTheResult) {
  UniqueHarness h = inspector("interval=2 pixel-threshold=0.3");
  const UniqueBuffer first = pass(h.get(), picture(96, 64, 0));
  const UniqueBuffer second = pass(h.get(), picture(96, 64, 5));
  const GstAnomalyMeta *a = inspection(first), *b = inspection(second);
  EXPECT_EQ(a->score, b->score);
  EXPECT_EQ(gst_anomaly_meta_get_map_buffer(a), gst_anomaly_meta_get_map_buffer(b));
  EXPECT_EQ(gst_anomaly_meta_get_n_regions(a), gst_anomaly_meta_get_n_regions(b));
  EXPECT_EQ(b->frame_number, 1u);
}

TEST(Interval, InspectsAnewWhenTheFormatOrTheRecipeChanges) {
  UniqueHarness h = inspector("interval=100");
  EXPECT_EQ(statuses(h.get(), 2), (Statuses{I, R}));
  g_object_set(h->element, "roi", "0,0,0.5,0.5", nullptr);
  EXPECT_EQ(statuses(h.get(), 2), (Statuses{I, R}));
  gst_harness_set_src_caps_str(h.get(), video_caps("BGR", 96, 64).c_str());
  EXPECT_EQ(statuses(h.get(), 2), (Statuses{I, R}));
}

TEST(Interval, ReusedFramesAreJudgedByTheThresholdOfTheMoment) {
  UniqueHarness h = inspector("interval=100 threshold=1");
  EXPECT_EQ(inspection(pass(h.get(), picture(96, 64)))->verdict, GST_ANOMALY_VERDICT_NORMAL);
  g_object_set(h->element, "threshold", 0.001, nullptr);
  const UniqueBuffer reused = pass(h.get(), picture(96, 64));
  EXPECT_EQ(inspection(reused)->status, R);
  EXPECT_EQ(inspection(reused)->verdict, GST_ANOMALY_VERDICT_ANOMALOUS);
}

// skip-unchanged

/// A grey frame, of one value but for one cell of 8x8 pixels.
UniqueBuffer grey(int value, int cell_value, int cell_x = 48) {
  UniqueBuffer buffer = frame(kCaps, 0, value);
  GstMapInfo map;
  gst_buffer_map(buffer.get(), &map, GST_MAP_WRITE);
  for (int y = 16; y < 24; ++y) memset(map.data + (y * 96 + cell_x) * 3, cell_value, 8 * 3);
  gst_buffer_unmap(buffer.get(), &map);
  return buffer;
}

GstAnomalyStatus status_of(const UniqueHarness& h, UniqueBuffer buffer) {
  return inspection(pass(h.get(), std::move(buffer)))->status;
}

TEST(SkipUnchanged, ReusesTheResultUntilACellChanges) {
  UniqueHarness h = inspector("skip-unchanged=0.05");
  EXPECT_EQ(status_of(h, grey(100, 100)), I);
  EXPECT_EQ(status_of(h, grey(101, 99)), R);
  EXPECT_EQ(status_of(h, grey(100, 120)), I);
  EXPECT_EQ(status_of(h, grey(100, 120)), R);
  EXPECT_EQ(status_of(h, grey(100, 100)), I);
}

TEST(SkipUnchanged, SeesASlowDriftSinceTheInspection) {
  UniqueHarness h = inspector("skip-unchanged=0.01");  // 2.55 of 255
  Statuses all;
  for (int i = 0; i < 7; ++i) all.push_back(status_of(h, grey(100 + i, 100 + i)));
  EXPECT_EQ(all, (Statuses{I, R, R, I, R, R, I}));
}

TEST(SkipUnchanged, LooksAtTheInspectedRegionOnly) {
  UniqueHarness h = inspector("skip-unchanged=0.05 roi=0,0,40,64");
  EXPECT_EQ(status_of(h, grey(100, 100)), I);
  EXPECT_EQ(status_of(h, grey(100, 200)), R);
  EXPECT_EQ(status_of(h, grey(100, 200, 16)), I);
}

TEST(SkipUnchanged, InspectsAnewWhenTheRecipeChangesAndWhenItIsSwitchedOff) {
  UniqueHarness h = inspector("skip-unchanged=0.05");
  EXPECT_EQ(status_of(h, grey(100, 100)), I);
  g_object_set(h->element, "score", 1, nullptr);
  EXPECT_EQ(status_of(h, grey(100, 100)), I);
  EXPECT_EQ(status_of(h, grey(100, 100)), R);
  g_object_set(h->element, "skip-unchanged", 0.0, nullptr);
  EXPECT_EQ(status_of(h, grey(100, 100)), I);
}

TEST(SkipUnchanged, ChangedFramesStillWaitForTheInterval) {
  UniqueHarness h = inspector("skip-unchanged=0.05 interval=3");
  EXPECT_EQ(status_of(h, grey(100, 100)), I);
  EXPECT_EQ(status_of(h, grey(100, 200)), R);
  EXPECT_EQ(status_of(h, grey(100, 100)), R);
  EXPECT_EQ(status_of(h, grey(100, 100)), R);
  EXPECT_EQ(status_of(h, grey(100, 200)), I);
}

}  // namespace
}  // namespace anomalyclip::testing
