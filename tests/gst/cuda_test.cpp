// Frames in GPU memory: what can be agreed on, and that nothing else changes where there is no GPU.
#include "core/device.h"
#include "models.h"
#include "support.h"

namespace anomalyclip::testing {
namespace {

constexpr const char* kCudaCaps = "video/x-raw(memory:CUDAMemory),format=NV12,width=64,height=48";

UniqueElement element() {
  return UniqueElement(gst_parse_launch(("anomalyclip " + tiny_properties()).c_str(), nullptr));
}

bool template_accepts(const char* pad, const char* caps_text) {
  const UniqueElement inspector = element();
  const UniqueCaps caps(gst_caps_from_string(caps_text));
  GstPadTemplate* pad_template =
      gst_element_class_get_pad_template(GST_ELEMENT_GET_CLASS(inspector.get()), pad);
  const UniqueCaps allowed(gst_pad_template_get_caps(pad_template));
  return gst_caps_can_intersect(allowed.get(), caps.get());
}

/// Whether the element, ready to inspect, hands out a CUDA context.
bool shares_a_context(const std::string& device) {
  const UniqueHarness inspector =
      harness("anomalyclip " + tiny_properties() + " device=" + device, video_caps("NV12", 64, 48));
  GstQuery* query = gst_query_new_context("gst.cuda.context");
  const bool answered = gst_pad_peer_query(inspector->srcpad, query);
  gst_query_unref(query);
  return answered;
}

TEST(CudaMemory, IsInThePadTemplatesOfABuildThatCanShareIt) {
  for (const char* pad : {"sink", "src"})
    EXPECT_EQ(template_accepts(pad, kCudaCaps), SHARES_CUDA != 0);
}

TEST(CudaMemory, OrdinaryMemoryIsInThePadTemplatesOfAnyBuild) {
  for (const char* pad : {"sink", "src"})
    EXPECT_TRUE(template_accepts(pad, "video/x-raw,format=NV12,width=64,height=48"));
}

TEST(CudaMemory, IsNotWhatIsAgreedOnWithElementsThatTakeAnything) {
  const UniqueHarness inspector =
      harness("anomalyclip " + tiny_properties() + " device=cpu", video_caps("NV12", 64, 48));
  const UniqueBuffer passed = pass(inspector.get(), frame(video_caps("NV12", 64, 48)));
  const UniqueCaps caps(gst_pad_get_current_caps(inspector->sinkpad));
  EXPECT_TRUE(gst_caps_features_is_equal(gst_caps_get_features(caps.get(), 0),
                                         GST_CAPS_FEATURES_MEMORY_SYSTEM_MEMORY));
  EXPECT_EQ(inspection(passed)->status, GST_ANOMALY_STATUS_INSPECTED);
}

TEST(CudaMemory, NoContextIsSharedWhereTheModelRunsOnTheCpu) {
  EXPECT_FALSE(shares_a_context("cpu"));
}

TEST(CudaMemory, TheEnginesContextIsSharedWhereTheModelRunsOnAGpu) {
  if (!SHARES_CUDA) GTEST_SKIP() << "SKIPPED: this build cannot share GPU memory";
  if (!resolve_device("auto").is_cuda()) GTEST_SKIP() << "SKIPPED: no CUDA device on this machine";
  EXPECT_TRUE(shares_a_context("cuda"));
}

TEST(CudaMemory, AFrameThereIsInspectedAsTheSameFrameOnTheHost) {
  if (!SHARES_CUDA) GTEST_SKIP() << "SKIPPED: this build cannot share GPU memory";
  if (!resolve_device("auto").is_cuda()) GTEST_SKIP() << "SKIPPED: no CUDA device on this machine";
  const std::string inspect = "anomalyclip " + tiny_properties() + " device=cuda precision=fp32";
  const std::string caps = video_caps("RGB", 64, 48);
  const UniqueBuffer host =
      converted("videoconvert ! video/x-raw,format=NV12 ! " + inspect, caps, picture(64, 48));
  const UniqueBuffer gpu = converted(
      "videoconvert ! video/x-raw,format=NV12 ! cudaupload ! " + inspect + " ! cudadownload", caps,
      picture(64, 48));
  EXPECT_NEAR(inspection(gpu)->score, inspection(host)->score, 1e-6);
}

}  // namespace
}  // namespace anomalyclip::testing
