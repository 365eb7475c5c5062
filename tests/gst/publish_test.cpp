#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>

#include "support.h"

namespace anomalyclip::testing {
namespace {

using Json = nlohmann::json;
const std::string kCaps = video_caps("RGB", 64, 48);

class Publish : public ::testing::Test {
 protected:
  const std::string file_ = ::testing::TempDir() + "anomalypublish-" + std::to_string(getpid());
  ~Publish() override { unlink(file_.c_str()); }

  static UniqueBuffer inspected(GstAnomalyStatus status = GST_ANOMALY_STATUS_INSPECTED,
                                guint64 number = 7) {
    UniqueBuffer buffer = frame(kCaps, GST_SECOND);
    GstAnomalyMeta* meta = gst_buffer_add_anomaly_meta(buffer.get(), status, number);
    gst_anomaly_meta_set_names(meta, "model.safetensors", "screws.safetensors");
    gst_anomaly_meta_set_latency(meta, 2500 * GST_USECOND);
    if (status != GST_ANOMALY_STATUS_INSPECTED) return buffer;
    gst_anomaly_meta_set_score(meta, 0.75, 0.5, GST_ANOMALY_VERDICT_ANOMALOUS);
    const GstAnomalyRegion region{1, 2, 30, 4, 0.9, 88};
    gst_anomaly_meta_add_region(meta, &region);
    return buffer;
  }

  std::vector<Json> lines() const {
    std::vector<Json> all;
    std::ifstream stream(file_);
    for (std::string line; std::getline(stream, line);) all.push_back(Json::parse(line));
    return all;
  }
};

TEST_F(Publish, WritesARecordForEveryFrame) {
  UniqueHarness h = harness("anomalypublish name=cam location=" + file_, kCaps);
  pass(h.get(), inspected());
  ASSERT_EQ(lines().size(), 1u) << "a line is there as soon as its frame has passed";
  pass(h.get(), inspected(GST_ANOMALY_STATUS_SKIPPED, 8));
  const auto records = lines();
  ASSERT_EQ(records.size(), 2u);
  const Json& r = records[0];
  EXPECT_EQ(r["stream"], "cam");
  EXPECT_EQ(r["frame"], 7);
  EXPECT_EQ(r["pts_ns"], GST_SECOND);
  EXPECT_EQ(r["status"], "inspected");
  EXPECT_EQ(r["verdict"], "anomalous");
  EXPECT_EQ(r["score"], 0.75);
  EXPECT_EQ(r["threshold"], 0.5);
  EXPECT_EQ(r["latency_ms"], 2.5);
  EXPECT_EQ(r["model"], "model.safetensors");
  EXPECT_EQ(r["prompts"], "screws.safetensors");
  EXPECT_EQ(r["regions"], Json::parse(R"([{"x":1,"y":2,"w":30,"h":4,"score":0.9,"area":88}])"));
  EXPECT_TRUE(std::string(r["utc"]).ends_with("Z"));
  EXPECT_EQ(records[1]["status"], "skipped");
  EXPECT_TRUE(records[1]["score"].is_null());
  EXPECT_TRUE(records[1]["threshold"].is_null());
}

TEST_F(Publish, PassesFramesOnUntouched) {
  UniqueHarness h = harness("anomalypublish location=" + file_, kCaps);
  UniqueBuffer buffer = inspected();
  const GstBuffer* same = buffer.get();
  EXPECT_EQ(pass(h.get(), std::move(buffer)).get(), same);
}

TEST_F(Publish, WritesNothingForFramesWithoutInspection) {
  UniqueHarness h = harness("anomalypublish location=" + file_, kCaps);
  pass(h.get(), frame(kCaps));
  EXPECT_TRUE(lines().empty());
}

TEST_F(Publish, MayStandBehindAnEncoder) {
  UniqueHarness h = harness("jpegenc ! anomalypublish location=" + file_, kCaps);
  pass(h.get(), inspected());
  EXPECT_EQ(lines().size(), 1u);
}

TEST_F(Publish, AppendsOnlyIfTold) {
  for (const auto& [properties, expected] :
       {std::pair{"append=false", 1u}, std::pair{"append=true", 2u},
        std::pair{"append=false", 1u}}) {
    pass(harness("anomalypublish location=" + file_ + " " + properties, kCaps).get(), inspected());
    EXPECT_EQ(lines().size(), expected);
  }
}

TEST_F(Publish, CarriesTheStreamsName) {
  pass(harness("anomalypublish stream=line-3 location=" + file_, kCaps).get(), inspected());
  EXPECT_EQ(lines().at(0)["stream"], "line-3");
}

TEST_F(Publish, WritesToStandardOutput) {
  ::testing::internal::CaptureStdout();
  pass(harness("anomalypublish location=-", kCaps).get(), inspected());
  const std::string out = ::testing::internal::GetCapturedStdout();
  EXPECT_EQ(Json::parse(out)["frame"], 7);
}

/// Maps lie beside the records, which name them.
class PublishMaps : public Publish {
 protected:
  const std::string folder_ = file_ + "-maps";
  ~PublishMaps() override { std::filesystem::remove_all(folder_); }

  static UniqueBuffer with_map(GstAnomalyStatus status = GST_ANOMALY_STATUS_INSPECTED) {
    UniqueBuffer buffer = inspected(status);
    const float values[] = {0.f, 0.25f, 0.5f, 0.75f, 1.f, 2.f};
    const UniqueBuffer map(gst_buffer_new_memdup(values, sizeof values));
    gst_anomaly_meta_set_map(gst_buffer_get_anomaly_meta(buffer.get()), map.get(), 3, 2, 0, 0, 64,
                             48);
    return buffer;
  }
};

TEST_F(PublishMaps, AreSixteenBitPicturesNamedInTheRecords) {
  UniqueHarness h =
      harness("anomalypublish stream=hall/3 location=" + file_ + " maps=" + folder_, kCaps);
  pass(h.get(), with_map());
  const std::string name = lines().at(0)["map"];
  EXPECT_TRUE(name.starts_with("hall_3-20") && name.ends_with("-00000007.png")) << name;
  const cv::Mat map = cv::imread(folder_ + "/" + name, cv::IMREAD_UNCHANGED);
  ASSERT_EQ(map.type(), CV_16UC1);
  const cv::Mat expected = (cv::Mat_<std::uint16_t>(2, 3) << 0, 16384, 32768, 49151, 65535, 65535);
  EXPECT_EQ(cv::norm(map, expected, cv::NORM_INF), 0) << map;
}

TEST_F(PublishMaps, OfAnEarlierRunStayWhenFramesAreCountedAnew) {
  for (int run = 0; run < 2; ++run)
    pass(harness("anomalypublish append=true location=" + file_ + " maps=" + folder_, kCaps).get(),
         with_map());
  const auto records = lines();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_NE(records[0]["map"], records[1]["map"]);
  for (const Json& record : records)
    EXPECT_TRUE(std::filesystem::exists(folder_ + "/" + std::string(record["map"])));
}

TEST_F(PublishMaps, AreNotWrittenForFramesThatWereNotInspectedThemselves) {
  UniqueHarness h = harness("anomalypublish location=" + file_ + " maps=" + folder_, kCaps);
  pass(h.get(), with_map(GST_ANOMALY_STATUS_REUSED));
  pass(h.get(), inspected());  // its map was not attached
  for (const Json& record : lines()) EXPECT_FALSE(record.contains("map")) << record;
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(PublishMaps, ThatCannotBeWrittenAreAnErrorAndNotASilence) {
  UniqueHarness h = harness("anomalypublish location=" + file_ + " maps=" + folder_, kCaps);
  const Bus bus(h->element);
  std::filesystem::remove_all(folder_);
  EXPECT_EQ(gst_harness_push(h.get(), with_map().release()), GST_FLOW_ERROR);
  const UniqueMessage error = bus.take(GST_MESSAGE_ERROR);
  EXPECT_TRUE(is(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE)) << text_of(error);
}

TEST_F(Publish, AFullDiskIsAnError) {
  UniqueHarness h = harness("anomalypublish location=/dev/full", kCaps);
  const Bus bus(h->element);
  EXPECT_EQ(gst_harness_push(h.get(), inspected().release()), GST_FLOW_ERROR);
  const UniqueMessage error = bus.take(GST_MESSAGE_ERROR);
  EXPECT_TRUE(is(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE)) << text_of(error);
}

TEST_F(Publish, APathThatCannotBeWrittenIsAnErrorAtTheStart) {
  const UniqueElement element(
      gst_parse_launch("anomalypublish location=/nowhere/at/all.jsonl", nullptr));
  const Bus bus(element.get());
  EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
  const UniqueMessage error = bus.take(GST_MESSAGE_ERROR);
  EXPECT_TRUE(is(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE)) << text_of(error);
  EXPECT_NE(text_of(error).find("/nowhere/at/all.jsonl"), std::string::npos);
}

}  // namespace
}  // namespace anomalyclip::testing
