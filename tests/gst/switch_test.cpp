// Other prompts while the stream runs.
#include <atomic>
#include <set>
#include <thread>

#include "models.h"
#include "support.h"

namespace anomalyclip::testing {
namespace {

const std::string kCaps = video_caps("RGB", 96, 64);
constexpr GstClockTime kFrame = GST_SECOND / 25;

std::string name_of(const UniqueBuffer& buffer) {
  return gst_anomaly_meta_get_prompts(inspection(buffer));
}

UniqueBuffer numbered(int i) {
  UniqueBuffer buffer = picture(96, 64, i % 7);
  GST_BUFFER_PTS(buffer.get()) = i * kFrame;
  return buffer;
}

double score_with(const std::string& prompts, int seed) {
  return inspection(
             pass(harness("anomalyclip model=" + tiny_model() + " prompts=" + prompts, kCaps).get(),
                  picture(96, 64, seed)))
      ->score;
}

/// Frames until the prompts have this name; the number of the first one.
int frames_until(GstHarness* h, const std::string& name, int first) {
  for (int i = first; i < first + 2000; ++i) {
    if (name_of(pass(h, numbered(i))) == name) return i;
    g_usleep(1000);
  }
  return -1;
}

TEST(Switch, TakesOverBetweenTwoFramesAndTheBusSaysFromWhichOn) {
  const std::string next = tiny_prompts("next", {.seed = 3});
  UniqueHarness h = harness("anomalyclip " + tiny_properties(), kCaps);
  const Bus bus(h->element);
  EXPECT_EQ(name_of(pass(h.get(), numbered(0))), "plain.safetensors");
  g_object_set(h->element, "prompts", next.c_str(), nullptr);
  const int first = frames_until(h.get(), "next.safetensors", 1);
  ASSERT_GT(first, 0);

  const auto messages = bus.take_elements("anomaly-prompts");
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_STREQ(gst_structure_get_string(messages[0].get(), "prompts"), "next.safetensors");
  EXPECT_STREQ(gst_structure_get_string(messages[0].get(), "location"), next.c_str());
  EXPECT_EQ(integer(messages[0], "pts"), first * kFrame);
  EXPECT_EQ(integer(messages[0], "frame"), guint64(first));

  EXPECT_EQ(inspection(pass(h.get(), picture(96, 64, 2)))->score, score_with(next, 2));
  EXPECT_NE(score_with(next, 2), score_with(plain_prompts(), 2));
}

void expect_refused(const std::string& bad, GQuark domain, int code, const std::string& word) {
  UniqueHarness h = harness("anomalyclip " + tiny_properties(), kCaps);
  const Bus bus(h->element);
  pass(h.get(), numbered(0));
  g_object_set(h->element, "prompts", bad.c_str(), nullptr);
  const UniqueMessage warning = bus.wait(GST_MESSAGE_WARNING);
  EXPECT_TRUE(is(warning, domain, code)) << text_of(warning);
  EXPECT_NE(text_of(warning).find(word), std::string::npos) << text_of(warning);
  for (int i = 1; i < 4; ++i) EXPECT_EQ(name_of(pass(h.get(), numbered(i))), "plain.safetensors");
  gchar* now = nullptr;
  g_object_get(h->element, "prompts", &now, nullptr);
  EXPECT_EQ(now, plain_prompts());
  g_free(now);
}

TEST(Switch, ToAMissingFileChangesNothing) {
  const std::string missing = scratch_folder() + "/missing.safetensors";
  expect_refused(missing, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND, missing);
}

TEST(Switch, ToPromptsOfAnotherModelChangesNothing) {
  const std::string foreign = tiny_prompts("foreign", {.fingerprint = std::string(64, 'b')});
  expect_refused(foreign, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, std::string(64, 'b'));
}

TEST(Switch, ToAModelFileChangesNothing) {
  expect_refused(tiny_model(), GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ, "tiny.safetensors");
}

TEST(Switch, ToAnotherImageSizeWorks) {
  const std::string larger = tiny_prompts("larger", {.image_size = 84});
  UniqueHarness h = harness("anomalyclip " + tiny_properties(), kCaps);
  g_object_set(h->element, "prompts", larger.c_str(), nullptr);
  const int first = frames_until(h.get(), "larger.safetensors", 0);
  const UniqueBuffer out = pass(h.get(), numbered(first + 1));
  guint width, height;
  g_bytes_unref(gst_anomaly_meta_get_map(inspection(out), &width, &height));
  EXPECT_EQ(width, 84u);
}

TEST(Switch, ToEveryOtherMethodWorks) {
  UniqueHarness h = harness("anomalyclip " + tiny_properties(), kCaps);
  std::set<double> scores{score_with(plain_prompts(), 2)};
  int next = 0;
  for (const std::string method : {"clip", "winclip", "vand"}) {
    const std::string prompts = tiny_prompts(method, {.method = method});
    g_object_set(h->element, "prompts", prompts.c_str(), nullptr);
    next = frames_until(h.get(), method + ".safetensors", next) + 1;
    ASSERT_GT(next, 0) << method;
    const UniqueBuffer out = pass(h.get(), picture(96, 64, 2));
    EXPECT_EQ(inspection(out)->score, score_with(prompts, 2)) << method;
    scores.insert(inspection(out)->score);
  }
  EXPECT_EQ(scores.size(), 4u) << "each method has its own score";
}

TEST(Switch, UnderLoadLosesNothingAndMixesNothing) {
  const std::string products[] = {plain_prompts(), tiny_prompts("a", {.seed = 11}),
                                  tiny_prompts("b", {.seed = 12})};
  double scores[3][7];
  for (int p = 0; p < 3; ++p)
    for (int seed = 0; seed < 7; ++seed) scores[p][seed] = score_with(products[p], seed);

  UniqueHarness h = harness("anomalyclip queue-depth=3 " + tiny_properties(), kCaps);
  std::atomic<bool> stop = false;
  std::thread switcher([&] {
    for (int i = 0; !stop; ++i) {
      g_object_set(h->element, "prompts", products[i % 3].c_str(), nullptr);
      g_usleep(3000);
    }
  });
  constexpr int kFrames = 300;
  for (int i = 0; i < kFrames; ++i) gst_harness_push(h.get(), numbered(i).release());
  stop = true;
  switcher.join();
  gst_harness_push_event(h.get(), gst_event_new_eos());

  std::set<std::string> seen;
  for (int i = 0; i < kFrames; ++i) {
    const UniqueBuffer out(gst_harness_try_pull(h.get()));
    ASSERT_EQ(inspection(out)->frame_number, guint64(i));
    const std::string name = name_of(out);
    seen.insert(name);
    const int product = name == "plain.safetensors" ? 0 : name == "a.safetensors" ? 1 : 2;
    ASSERT_EQ(inspection(out)->score, scores[product][i % 7]) << name << ' ' << i;
  }
  EXPECT_FALSE(UniqueBuffer(gst_harness_try_pull(h.get())));
  EXPECT_EQ(seen.size(), 3u);
}

}  // namespace
}  // namespace anomalyclip::testing
