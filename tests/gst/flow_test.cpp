// Frames in, frames out: none lost, none twice, none out of order, whatever happens to the stream.
#include <filesystem>
#include <fstream>
#include <thread>

#include "models.h"
#include "support.h"

namespace anomalyclip::testing {
namespace {

const std::string kCaps = video_caps("RGB", 64, 48);
constexpr GstClockTime kFrame = GST_SECOND / 25;

class Flow : public ::testing::TestWithParam<int> {
 protected:
  std::string line(const std::string& properties = "") const {
    return "anomalyclip " + tiny_properties() + " queue-depth=" + std::to_string(GetParam()) + " " +
           properties;
  }

  static void push(GstHarness* h, int first, int last, const std::string& caps = kCaps) {
    for (int i = first; i < last; ++i)
      ASSERT_EQ(gst_harness_push(h, frame(caps, i * kFrame, i % 256).release()), GST_FLOW_OK);
  }

  /// The frames that have come out are these, in this order, with their own inspection.
  static void expect(GstHarness* h, int first, int last) {
    for (int i = first; i < last; ++i) {
      UniqueBuffer buffer(gst_harness_try_pull(h));
      ASSERT_TRUE(buffer) << "frame " << i << " is missing";
      EXPECT_EQ(GST_BUFFER_PTS(buffer.get()), i * kFrame);
      EXPECT_EQ(gst_buffer_get_n_meta(buffer.get(), GST_ANOMALY_META_API_TYPE), 1u);
      EXPECT_EQ(inspection(buffer)->frame_number, guint64(i));
      EXPECT_EQ(inspection(buffer)->status, GST_ANOMALY_STATUS_INSPECTED);
    }
    EXPECT_FALSE(UniqueBuffer(gst_harness_try_pull(h))) << "a frame too many";
  }

  static void send_eos(GstHarness* h) { gst_harness_push_event(h, gst_event_new_eos()); }
};

INSTANTIATE_TEST_SUITE_P(QueueDepth, Flow, ::testing::Values(1, 2, 5));

TEST_P(Flow, EveryFrameLeavesOnceAndInOrder) {
  UniqueHarness h = harness(line(), kCaps);
  push(h.get(), 0, 60);
  send_eos(h.get());
  expect(h.get(), 0, 60);
}

TEST_P(Flow, EndOfStreamWaitsForFramesInFlight) {
  UniqueHarness h = harness(line(), kCaps);
  push(h.get(), 0, 3);
  send_eos(h.get());
  expect(h.get(), 0, 3);
  GstEvent* last = nullptr;
  while (GstEvent* event = gst_harness_try_pull_event(h.get())) {
    if (last) gst_event_unref(last);
    last = event;
  }
  ASSERT_TRUE(last);
  EXPECT_EQ(GST_EVENT_TYPE(last), GST_EVENT_EOS);
  gst_event_unref(last);
}

TEST_P(Flow, FormatAndSizeMayChangeMidStream) {
  UniqueHarness h = harness(line(), kCaps);
  push(h.get(), 0, 7);
  const std::string other = video_caps("NV12", 101, 37);
  gst_harness_set_src_caps_str(h.get(), other.c_str());
  push(h.get(), 7, 20, other);
  gst_harness_set_src_caps_str(h.get(), kCaps.c_str());
  push(h.get(), 20, 30);
  send_eos(h.get());
  expect(h.get(), 0, 30);
}

TEST_P(Flow, FlushForgetsFramesInFlightAndGoesOn) {
  UniqueHarness h = harness(line(), kCaps);
  push(h.get(), 0, 10);
  int before = 0;
  while (UniqueBuffer buffer{gst_harness_try_pull(h.get())}) ++before;
  EXPECT_LE(before, 10);
  gst_harness_push_event(h.get(), gst_event_new_flush_start());
  gst_harness_push_event(h.get(), gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(h.get(), gst_event_new_segment(&segment));
  push(h.get(), 10, 20);
  send_eos(h.get());
  expect(h.get(), 10, 20);
}

TEST_P(Flow, QosChangesNothing) {
  for (const char* properties : {"qos=false", "qos=true"}) {
    UniqueHarness h = harness(line(properties), kCaps);
    push(h.get(), 0, 5);
    gst_harness_push_upstream_event(
        h.get(), gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 10.0, 100 * GST_SECOND, 5 * kFrame));
    push(h.get(), 5, 30);
    send_eos(h.get());
    expect(h.get(), 0, 30);
    // Nor may elements upstream drop frames for it.
    while (GstEvent* event = gst_harness_try_pull_upstream_event(h.get())) {
      EXPECT_NE(GST_EVENT_TYPE(event), GST_EVENT_QOS);
      gst_event_unref(event);
    }
  }
}

TEST_P(Flow, EventsDoNotOvertakeFrames) {
  UniqueHarness h = harness(line(), kCaps);
  push(h.get(), 0, 3);
  gst_harness_push_event(
      h.get(), gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM, gst_structure_new_empty("mark")));
  EXPECT_EQ(gst_harness_buffers_received(h.get()), 3u);
}

TEST_P(Flow, NothingReloadsTheModel) {
  const std::string own = scratch_folder() + "/vanishing.safetensors";
  std::filesystem::copy_file(tiny_model(), own);
  UniqueHarness h = harness("anomalyclip model=" + own + " prompts=" + plain_prompts() +
                                " queue-depth=" + std::to_string(GetParam()),
                            kCaps);
  push(h.get(), 0, 3);
  std::filesystem::remove(own);  // whoever opens it again fails

  gst_harness_set_src_caps_str(h.get(), video_caps("GRAY8", 40, 40).c_str());
  push(h.get(), 3, 6, video_caps("GRAY8", 40, 40));
  gst_harness_push_event(h.get(), gst_event_new_flush_start());
  gst_harness_push_event(h.get(), gst_event_new_flush_stop(TRUE));
  GstElement* element = h->element;
  EXPECT_EQ(gst_element_set_state(element, GST_STATE_READY), GST_STATE_CHANGE_SUCCESS);
  EXPECT_NE(gst_element_set_state(element, GST_STATE_PLAYING), GST_STATE_CHANGE_FAILURE);
}

TEST(States, FiftyCyclesFromNullToPlaying) {
  UniqueElement pipeline(gst_parse_launch(
      ("videotestsrc num-buffers=3 ! " + kCaps + " ! anomalyclip name=a queue-depth=2 " +
       tiny_properties() + " ! fakesink sync=false")
          .c_str(),
      nullptr));
  GstBus* bus = gst_element_get_bus(pipeline.get());
  for (int cycle = 0; cycle < 50; ++cycle) {
    ASSERT_NE(gst_element_set_state(pipeline.get(), GST_STATE_PLAYING), GST_STATE_CHANGE_FAILURE);
    UniqueMessage end(gst_bus_timed_pop_filtered(
        bus, 10 * GST_SECOND, static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
    ASSERT_TRUE(end);
    ASSERT_EQ(GST_MESSAGE_TYPE(end.get()), GST_MESSAGE_EOS) << text_of(end);
    UniqueElement a(gst_bin_get_by_name(GST_BIN(pipeline.get()), "a"));
    ASSERT_EQ(integer(stats(a.get()), "frames-inspected"), 3u);
    gst_object_unref(a.release());
    ASSERT_EQ(gst_element_set_state(pipeline.get(), cycle % 2 ? GST_STATE_NULL : GST_STATE_READY),
              GST_STATE_CHANGE_SUCCESS);
  }
  gst_object_unref(bus);
}

TEST(States, FiftyStopsInMidStream) {
  UniqueElement pipeline(
      gst_parse_launch(("videotestsrc ! " + kCaps + " ! anomalyclip queue-depth=3 " +
                        tiny_properties() + " ! fakesink sync=false")
                           .c_str(),
                       nullptr));
  for (int cycle = 0; cycle < 50; ++cycle) {
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    ASSERT_EQ(gst_element_get_state(pipeline.get(), nullptr, nullptr, 10 * GST_SECOND),
              GST_STATE_CHANGE_SUCCESS);
    ASSERT_EQ(gst_element_set_state(pipeline.get(), GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
  }
}

TEST(Seek, GoesWhereItIsToldAndInspectsEverythingFromThere) {
  UniqueElement pipeline(gst_parse_launch(
      ("videotestsrc num-buffers=100 ! " + kCaps + " ! anomalyclip queue-depth=3 " +
       tiny_properties() + " ! fakesink name=sink sync=false signal-handoffs=true")
          .c_str(),
      nullptr));
  struct Seen {
    std::vector<GstClockTime> times;
    bool all_inspected = true;
  } seen;
  GstElement* sink = gst_bin_get_by_name(GST_BIN(pipeline.get()), "sink");
  g_signal_connect(sink, "handoff",
                   G_CALLBACK(+[](GstElement*, GstBuffer* buffer, GstPad*, Seen* s) {
                     s->times.push_back(GST_BUFFER_PTS(buffer));
                     s->all_inspected &= gst_buffer_get_anomaly_meta(buffer) != nullptr;
                   }),
                   &seen);
  gst_element_set_state(pipeline.get(), GST_STATE_PAUSED);
  ASSERT_EQ(gst_element_get_state(pipeline.get(), nullptr, nullptr, 10 * GST_SECOND),
            GST_STATE_CHANGE_SUCCESS);
  ASSERT_TRUE(gst_element_seek(pipeline.get(), 1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
                               GST_SEEK_TYPE_SET, 50 * kFrame, GST_SEEK_TYPE_SET, 60 * kFrame));
  ASSERT_EQ(gst_element_get_state(pipeline.get(), nullptr, nullptr, 10 * GST_SECOND),
            GST_STATE_CHANGE_SUCCESS);
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  GstBus* bus = gst_element_get_bus(pipeline.get());
  UniqueMessage end(gst_bus_timed_pop_filtered(bus, 10 * GST_SECOND, GST_MESSAGE_EOS));
  EXPECT_TRUE(end);
  gst_object_unref(bus);
  gst_object_unref(sink);

  EXPECT_TRUE(seen.all_inspected);
  ASSERT_GE(seen.times.size(), 10u);
  const std::vector<GstClockTime> after(seen.times.end() - 10, seen.times.end());
  for (std::size_t i = 0; i < after.size(); ++i) EXPECT_EQ(after[i], (50 + i) * kFrame);
}

TEST(Sharing, OneEngineServesElementsWithTheSameModel) {
  namespace fs = std::filesystem;
  const std::string shared = scratch_folder() + "/shared.safetensors";
  fs::copy_file(tiny_model(), shared);
  const std::string line = "anomalyclip model=" + shared + " prompts=" + plain_prompts();
  UniqueHarness first = harness(line, kCaps);
  // Another file of the same name, size and time, which nobody could load.
  const auto time = fs::last_write_time(shared);
  const auto size = fs::file_size(shared);
  fs::rename(shared, shared + ".away");
  std::ofstream(shared) << std::string(size, 'x');
  fs::last_write_time(shared, time);
  UniqueHarness second = harness(line, kCaps);
  const UniqueBuffer a = pass(first.get(), picture(64, 48, 1));
  const UniqueBuffer b = pass(second.get(), picture(64, 48, 1));
  EXPECT_EQ(inspection(a)->score, inspection(b)->score);
}

TEST(Sharing, TwoStreamsFromTwoThreadsGetTheirOwnResults) {
  const std::string other = tiny_prompts("other-product", {.seed = 9});
  const std::string lines[] = {
      "anomalyclip queue-depth=3 " + tiny_properties(),
      "anomalyclip queue-depth=3 model=" + tiny_model() + " prompts=" + other};
  std::vector<double> alone[2], together[2];
  const auto run = [&](int stream, std::vector<double>& scores) {
    UniqueHarness h = harness(lines[stream], kCaps);
    for (int i = 0; i < 40; ++i) gst_harness_push(h.get(), picture(64, 48, i + stream).release());
    gst_harness_push_event(h.get(), gst_event_new_eos());
    while (UniqueBuffer buffer{gst_harness_try_pull(h.get())})
      scores.push_back(inspection(buffer)->score);
  };
  run(0, alone[0]);
  run(1, alone[1]);
  std::thread thread([&] { run(0, together[0]); });
  run(1, together[1]);
  thread.join();
  ASSERT_EQ(alone[0].size(), 40u);
  EXPECT_EQ(together[0], alone[0]);
  EXPECT_EQ(together[1], alone[1]);
  EXPECT_NE(alone[0], alone[1]);
}

struct Results {
  std::vector<double> scores;
  std::vector<float> maps;
};

/// What an element makes of 12 pictures of its own.
Results inspected(const std::string& line, int seed) {
  UniqueHarness h = harness(line, kCaps);
  for (int i = 0; i < 12; ++i) gst_harness_push(h.get(), picture(64, 48, seed + i).release());
  gst_harness_push_event(h.get(), gst_event_new_eos());
  Results results;
  while (UniqueBuffer buffer{gst_harness_try_pull(h.get())}) {
    results.scores.push_back(inspection(buffer)->score);
    const std::vector<unsigned char> map =
        bytes(gst_anomaly_meta_get_map_buffer(inspection(buffer)));
    const auto* values = reinterpret_cast<const float*>(map.data());
    results.maps.insert(results.maps.end(), values, values + map.size() / sizeof(float));
  }
  return results;
}

TEST(Sharing, BatchesOfManyStreamsGiveWhatEachGivesAlone) {
  const std::string batched =
      "anomalyclip model-instance-id=batched batch-size=4 batch-timeout=20 "
      "queue-depth=2 " +
      tiny_properties();
  constexpr int kStreams = 4;
  Results together[kStreams];
  std::vector<std::thread> threads;
  for (int i = 0; i < kStreams; ++i)
    threads.emplace_back([&, i] { together[i] = inspected(batched, 100 * i); });
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < kStreams; ++i) {
    SCOPED_TRACE(i);
    const Results alone = inspected("anomalyclip " + tiny_properties(), 100 * i);
    ASSERT_EQ(together[i].scores.size(), alone.scores.size());
    ASSERT_EQ(together[i].maps.size(), alone.maps.size());
    for (std::size_t j = 0; j < alone.scores.size(); ++j)
      EXPECT_NEAR(together[i].scores[j], alone.scores[j], 1e-4);
    for (std::size_t j = 0; j < alone.maps.size(); ++j)
      ASSERT_NEAR(together[i].maps[j], alone.maps[j], 1e-4);
  }
}

TEST(Sharing, AStreamThatStandsStillHoldsNobodyUp) {
  const std::string line =
      "anomalyclip model-instance-id=still batch-size=4 batch-timeout=3000 queue-depth=3 " +
      tiny_properties();
  UniqueHarness still = harness(line, kCaps), other = harness(line, kCaps);
  gst_harness_push(still.get(), picture(64, 48, 1).release());  // and no more
  const gint64 begin = g_get_monotonic_time();
  for (int i = 0; i < 60; ++i) gst_harness_push(other.get(), picture(64, 48, i).release());
  gst_harness_push_event(other.get(), gst_event_new_eos());
  int frames = 0;
  while (UniqueBuffer buffer{gst_harness_try_pull(other.get())}) ++frames;
  EXPECT_EQ(frames, 60);
  // 20 batches of three frames would have waited for 60 seconds.
  EXPECT_LT(g_get_monotonic_time() - begin, 30 * G_USEC_PER_SEC);
}

TEST(QueueDepth, TakesTheNextFramesWhileOneIsInspected) {
  // Some hundred milliseconds a frame.
  UniqueHarness h = harness("anomalyclip image-size=560 queue-depth=3 " + tiny_properties(), kCaps);
  gst_harness_push(h.get(), picture(64, 48, 1).release());
  gst_harness_push(h.get(), picture(64, 48, 2).release());
  EXPECT_EQ(gst_harness_buffers_in_queue(h.get()), 0u);
  gst_harness_push(h.get(), picture(64, 48, 3).release());  // the queue is full: the first leaves
  EXPECT_GE(gst_harness_buffers_in_queue(h.get()), 1u);
  gst_harness_push_event(h.get(), gst_event_new_eos());
  EXPECT_EQ(gst_harness_buffers_in_queue(h.get()), 3u);
}

TEST(Allocation, IsDownstreams) {
  UniqueHarness h = harness("anomalyclip " + tiny_properties());
  gst_harness_add_propose_allocation_meta(h.get(), GST_VIDEO_META_API_TYPE, nullptr);
  gst_harness_set_src_caps_str(h.get(), kCaps.c_str());
  UniqueCaps caps(gst_caps_from_string(kCaps.c_str()));
  GstQuery* query = gst_query_new_allocation(caps.get(), TRUE);
  EXPECT_TRUE(gst_pad_peer_query(h->srcpad, query));
  EXPECT_TRUE(gst_query_find_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr));
  gst_query_unref(query);
}

}  // namespace
}  // namespace anomalyclip::testing
