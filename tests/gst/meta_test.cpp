#include <array>

#include "support.h"

namespace anomalyclip::testing {
namespace {

constexpr GstAnomalyRegion kRegion{20, 10, 16, 8, 0.9, 100};

/// A frame that has been inspected: a region and a 2 x 2 map over the whole of it.
UniqueBuffer inspected_frame(int width, int height, const char* format = "RGB") {
  UniqueBuffer buffer = frame(video_caps(format, width, height));
  GstAnomalyMeta* meta = gst_buffer_add_anomaly_meta(buffer.get(), GST_ANOMALY_STATUS_INSPECTED, 7);
  gst_anomaly_meta_set_score(meta, 0.75, 0.5, GST_ANOMALY_VERDICT_ANOMALOUS);
  gst_anomaly_meta_set_pixel_threshold(meta, 0.4);
  gst_anomaly_meta_set_latency(meta, 3 * GST_MSECOND);
  gst_anomaly_meta_set_names(meta, "model.safetensors", "screws.safetensors");
  gst_anomaly_meta_add_region(meta, &kRegion);

  const std::array<float, 4> values{0.1f, 0.2f, 0.3f, 0.4f};
  UniqueBuffer map(gst_buffer_new_memdup(values.data(), sizeof values));
  gst_anomaly_meta_set_map(meta, map.get(), 2, 2, 0, 0, width, height);
  return buffer;
}

UniqueBuffer through(const std::string& line, int width, int height, const char* format = "RGB") {
  UniqueHarness h = harness(line);
  gst_harness_set_src_caps_str(h.get(), video_caps(format, width, height).c_str());
  return pass(h.get(), inspected_frame(width, height, format));
}

void expect_region(const GstAnomalyMeta* meta, double x, double y, double width, double height) {
  ASSERT_NE(meta, nullptr);
  const GstAnomalyRegion* region = gst_anomaly_meta_get_region(meta, 0);
  ASSERT_NE(region, nullptr);
  EXPECT_NEAR(region->x, x, 1e-9);
  EXPECT_NEAR(region->y, y, 1e-9);
  EXPECT_NEAR(region->width, width, 1e-9);
  EXPECT_NEAR(region->height, height, 1e-9);
}

void expect_map_rectangle(const GstAnomalyMeta* meta, double x, double y, double width,
                          double height) {
  double found[4];
  ASSERT_TRUE(gst_anomaly_meta_get_map_rectangle(meta, &found[0], &found[1], &found[2], &found[3]));
  EXPECT_NEAR(found[0], x, 1e-9);
  EXPECT_NEAR(found[1], y, 1e-9);
  EXPECT_NEAR(found[2], width, 1e-9);
  EXPECT_NEAR(found[3], height, 1e-9);
}

void expect_unchanged(GstBuffer* buffer) {
  const GstAnomalyMeta* meta = gst_buffer_get_anomaly_meta(buffer);
  expect_region(meta, kRegion.x, kRegion.y, kRegion.width, kRegion.height);
  EXPECT_EQ(meta->score, 0.75);
  EXPECT_EQ(meta->threshold, 0.5);
  EXPECT_EQ(meta->verdict, GST_ANOMALY_VERDICT_ANOMALOUS);
  EXPECT_EQ(meta->status, GST_ANOMALY_STATUS_INSPECTED);
  EXPECT_EQ(meta->pixel_threshold, 0.4);
  EXPECT_EQ(meta->frame_number, 7u);
  EXPECT_EQ(meta->latency, 3 * GST_MSECOND);
  EXPECT_STREQ(gst_anomaly_meta_get_model(meta), "model.safetensors");
  EXPECT_STREQ(gst_anomaly_meta_get_prompts(meta), "screws.safetensors");
  EXPECT_TRUE(gst_anomaly_meta_has_geometry(meta));
}

int count_metas(GstBuffer* buffer) {
  return static_cast<int>(gst_buffer_get_n_meta(buffer, GST_ANOMALY_META_API_TYPE));
}

TEST(AnomalyMeta, StartsWithoutResult) {
  UniqueBuffer buffer(gst_buffer_new());
  const GstAnomalyMeta* meta =
      gst_buffer_add_anomaly_meta(buffer.get(), GST_ANOMALY_STATUS_SKIPPED, 3);
  EXPECT_EQ(gst_anomaly_meta_get_status(meta), GST_ANOMALY_STATUS_SKIPPED);
  EXPECT_EQ(gst_anomaly_meta_get_score(meta), GST_ANOMALY_NONE);
  EXPECT_EQ(gst_anomaly_meta_get_threshold(meta), GST_ANOMALY_NONE);
  EXPECT_EQ(gst_anomaly_meta_get_pixel_threshold(meta), GST_ANOMALY_NONE);
  EXPECT_EQ(gst_anomaly_meta_get_verdict(meta), GST_ANOMALY_VERDICT_UNKNOWN);
  EXPECT_EQ(gst_anomaly_meta_get_frame_number(meta), 3u);
  EXPECT_EQ(gst_anomaly_meta_get_n_regions(meta), 0u);
  EXPECT_EQ(gst_anomaly_meta_get_region(meta, 0), nullptr);
  EXPECT_EQ(gst_anomaly_meta_get_map_buffer(meta), nullptr);
  guint width, height;
  EXPECT_EQ(gst_anomaly_meta_get_map(meta, &width, &height), nullptr);
}

TEST(AnomalyMeta, CopySharesTheMap) {
  UniqueBuffer buffer = inspected_frame(64, 48);
  UniqueBuffer copy(gst_buffer_copy(buffer.get()));
  expect_unchanged(copy.get());
  EXPECT_EQ(gst_anomaly_meta_get_map_buffer(gst_buffer_get_anomaly_meta(copy.get())),
            gst_anomaly_meta_get_map_buffer(gst_buffer_get_anomaly_meta(buffer.get())));
}

TEST(AnomalyMeta, CopyOfSomeBytesKeepsIt) {
  UniqueBuffer buffer = inspected_frame(64, 48);
  UniqueBuffer part(gst_buffer_copy_region(buffer.get(), GST_BUFFER_COPY_ALL, 10, 20));
  expect_unchanged(part.get());
  EXPECT_EQ(count_metas(part.get()), 1);
}

TEST(AnomalyMeta, MapOutlivesTheBuffer) {
  guint width = 0, height = 0;
  GBytes* bytes = nullptr;
  {
    UniqueBuffer buffer = inspected_frame(64, 48);
    bytes = gst_anomaly_meta_get_map(gst_buffer_get_anomaly_meta(buffer.get()), &width, &height);
  }
  ASSERT_EQ(g_bytes_get_size(bytes), 4 * sizeof(float));
  EXPECT_EQ(width, 2u);
  EXPECT_EQ(height, 2u);
  EXPECT_FLOAT_EQ(static_cast<const float*>(g_bytes_get_data(bytes, nullptr))[3], 0.4f);
  g_bytes_unref(bytes);
}

TEST(AnomalyMeta, SurvivesWhatDoesNotMovePixels) {
  for (const char* line : {"queue", "tee ! queue", "identity",
                           "videoconvert ! capsfilter caps=video/x-raw,format=NV12",
                           "videoconvert ! capsfilter caps=video/x-raw,format=GRAY8",
                           "videobalance saturation=0.5", "videobalance", "videoscale", "videocrop",
                           "jpegenc", "videoconvert ! x264enc tune=zerolatency", "capsfilter"}) {
    SCOPED_TRACE(line);
    expect_unchanged(through(line, 64, 48, "I420").get());
  }
}

TEST(AnomalyMeta, IsNotDuplicated) {
  for (const char* line : {"queue", "videoscale ! capsfilter caps=video/x-raw,width=32,height=24",
                           "videocrop left=4"}) {
    SCOPED_TRACE(line);
    EXPECT_EQ(count_metas(through(line, 64, 48).get()), 1);
  }
}

TEST(AnomalyMeta, ScalesWithTheFrame) {
  UniqueBuffer out = through(
      "videoscale ! capsfilter caps=video/x-raw,width=128,height=144,pixel-aspect-ratio=3/2", 64,
      48);
  const GstAnomalyMeta* meta = gst_buffer_get_anomaly_meta(out.get());
  expect_region(meta, 40, 30, 32, 24);
  expect_map_rectangle(meta, 0, 0, 128, 144);
  EXPECT_NEAR(gst_anomaly_meta_get_region(meta, 0)->area, 600, 1e-9);
}

TEST(AnomalyMeta, ScalesDownAndUpWithoutLoss) {
  UniqueBuffer out = through(
      "videoscale ! capsfilter caps=video/x-raw,width=20,height=15 ! videoscale ! capsfilter "
      "caps=video/x-raw,width=64,height=48",
      64, 48);
  const GstAnomalyMeta* meta = gst_buffer_get_anomaly_meta(out.get());
  expect_region(meta, kRegion.x, kRegion.y, kRegion.width, kRegion.height);
  expect_map_rectangle(meta, 0, 0, 64, 48);
}

TEST(AnomalyMeta, KnowsTheBordersThatVideoscaleAdds) {
  UniqueBuffer out = through(
      "videoscale ! capsfilter caps=video/x-raw,width=64,height=64,pixel-aspect-ratio=1/1", 64, 48);
  const GstAnomalyMeta* meta = gst_buffer_get_anomaly_meta(out.get());
  expect_region(meta, 20, 18, 16, 8);
  expect_map_rectangle(meta, 0, 8, 64, 48);
}

TEST(AnomalyMeta, CropMovesAndClipsRegions) {
  UniqueBuffer buffer = inspected_frame(64, 48);
  GstAnomalyMeta* meta = gst_buffer_get_anomaly_meta(buffer.get());
  gst_anomaly_meta_crop(meta, 28, 4, 30, 40);
  expect_region(meta, 0, 6, 8, 8);
  EXPECT_NEAR(gst_anomaly_meta_get_region(meta, 0)->area, 50, 1e-9);
  expect_map_rectangle(meta, -28, -4, 64, 48);
}

TEST(AnomalyMeta, CropRemovesRegionsOutside) {
  UniqueBuffer buffer = inspected_frame(64, 48);
  GstAnomalyMeta* meta = gst_buffer_get_anomaly_meta(buffer.get());
  gst_anomaly_meta_crop(meta, 40, 0, 24, 48);
  EXPECT_EQ(gst_anomaly_meta_get_n_regions(meta), 0u);
}

TEST(AnomalyMeta, CropLeavesOtherCopiesAlone) {
  UniqueBuffer buffer = inspected_frame(64, 48);
  UniqueBuffer copy(gst_buffer_copy(buffer.get()));
  gst_anomaly_meta_crop(gst_buffer_get_anomaly_meta(copy.get()), 4, 4, 50, 40);
  expect_unchanged(buffer.get());
}

// videocrop 1.22 tells metadata nothing when it copies: a rectangle would be a guess. Later ones
// tell.
TEST(AnomalyMeta, VerdictSurvivesElementsThatMovePixelsAndGeometryIsNeverWrong) {
  for (const char* line : {"videocrop left=8 top=4", "videoflip video-direction=90r",
                           "videobox left=8 autocrop=false"}) {
    SCOPED_TRACE(line);
    UniqueBuffer out = through(line, 64, 48, "I420");
    const GstAnomalyMeta* meta = gst_buffer_get_anomaly_meta(out.get());
    ASSERT_NE(meta, nullptr);
    EXPECT_EQ(meta->score, 0.75);
    EXPECT_EQ(meta->verdict, GST_ANOMALY_VERDICT_ANOMALOUS);
    EXPECT_EQ(meta->frame_number, 7u);
    EXPECT_STREQ(gst_anomaly_meta_get_prompts(meta), "screws.safetensors");
    if (gst_anomaly_meta_has_geometry(meta)) {
      expect_region(meta, 12, 6, 16, 8);
    } else {
      EXPECT_EQ(gst_anomaly_meta_get_n_regions(meta), 0u);
      EXPECT_EQ(gst_anomaly_meta_get_map_buffer(meta), nullptr);
    }
  }
}

TEST(AnomalyMeta, SeveralInspectionsOfOneFrameStay) {
  UniqueHarness h = harness("videocrop left=8");
  gst_harness_set_src_caps_str(h.get(), video_caps("RGB", 64, 48).c_str());
  UniqueBuffer buffer = inspected_frame(64, 48);
  gst_buffer_add_anomaly_meta(buffer.get(), GST_ANOMALY_STATUS_FAILED, 8);
  EXPECT_EQ(count_metas(pass(h.get(), std::move(buffer)).get()), 2);
}

TEST(AnomalyMeta, StructureSaysEverythingButTheMap) {
  UniqueBuffer buffer = inspected_frame(64, 48);
  UniqueStructure structure(
      gst_anomaly_meta_to_structure(gst_buffer_get_anomaly_meta(buffer.get())));
  EXPECT_STREQ(gst_structure_get_name(structure.get()), "anomaly");
  EXPECT_STREQ(gst_structure_get_string(structure.get(), "status"), "inspected");
  EXPECT_STREQ(gst_structure_get_string(structure.get(), "verdict"), "anomalous");
  double score = 0;
  EXPECT_TRUE(gst_structure_get_double(structure.get(), "score", &score));
  EXPECT_EQ(score, 0.75);
  const GValue* regions = gst_structure_get_value(structure.get(), "regions");
  ASSERT_EQ(gst_value_array_get_size(regions), 1u);
  const GstStructure* region = gst_value_get_structure(gst_value_array_get_value(regions, 0));
  double width = 0;
  EXPECT_TRUE(gst_structure_get_double(region, "width", &width));
  EXPECT_EQ(width, kRegion.width);
}

}  // namespace
}  // namespace anomalyclip::testing
