// Frames in GPU memory: what can be agreed on, and that nothing else changes where there is no GPU.
#include "core/device.h"
#include "models.h"
#include "support.h"

namespace anomalyclip::testing {
namespace {

constexpr const char* kCudaCaps = "video/x-raw(memory:CUDAMemory),format=NV12,width=64,height=48";

constexpr const char* kElements[] = {"anomalyclip", "anomalyoverlay"};

bool template_accepts(const char* name, const char* pad, const char* caps_text) {
  const UniqueElement element(gst_element_factory_make(name, nullptr));
  const UniqueCaps caps(gst_caps_from_string(caps_text));
  GstPadTemplate* pad_template =
      gst_element_class_get_pad_template(GST_ELEMENT_GET_CLASS(element.get()), pad);
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

#define SKIP_WITHOUT_A_GPU()                                                       \
  if (!SHARES_CUDA) GTEST_SKIP() << "SKIPPED: this build cannot share GPU memory"; \
  if (!resolve_device("auto").is_cuda()) GTEST_SKIP() << "SKIPPED: no CUDA device on this machine"

TEST(CudaMemory, IsInThePadTemplatesOfABuildThatCanShareIt) {
  for (const char* name : kElements)
    for (const char* pad : {"sink", "src"})
      EXPECT_EQ(template_accepts(name, pad, kCudaCaps), SHARES_CUDA != 0) << name;
}

TEST(CudaMemory, OrdinaryMemoryIsInThePadTemplatesOfAnyBuild) {
  for (const char* name : kElements)
    for (const char* pad : {"sink", "src"})
      EXPECT_TRUE(template_accepts(name, pad, "video/x-raw,format=NV12,width=64,height=48"))
          << name;
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

/// Whether a context of this type, which holds nothing, changes what is inspected.
UniqueBuffer inspected_after_offer(const char* type) {
  const UniqueHarness inspector =
      harness("anomalyclip " + tiny_properties() + " device=cpu", video_caps("NV12", 64, 48));
  GstContext* offer = gst_context_new(type, TRUE);
  gst_element_set_context(inspector->element, offer);
  gst_context_unref(offer);
  return pass(inspector.get(), frame(video_caps("NV12", 64, 48)));
}

TEST(CudaMemory, AnOfferedContextThatIsOfNoUseChangesNothing) {
  for (const char* type : {"gst.cuda.context", "gst.gl.GLDisplay"})
    EXPECT_EQ(inspection(inspected_after_offer(type))->status, GST_ANOMALY_STATUS_INSPECTED)
        << type;
}

TEST(CudaMemory, TheEnginesContextIsSharedWhereTheModelRunsOnAGpu) {
  SKIP_WITHOUT_A_GPU();
  EXPECT_TRUE(shares_a_context("cuda"));
}

TEST(CudaMemory, AFrameThereIsInspectedAsTheSameFrameOnTheHost) {
  SKIP_WITHOUT_A_GPU();
  const std::string inspect = "anomalyclip " + tiny_properties() + " device=cuda precision=fp32";
  const std::string caps = video_caps("RGB", 64, 48);
  const UniqueBuffer host =
      converted("videoconvert ! video/x-raw,format=NV12 ! " + inspect, caps, picture(64, 48));
  const UniqueBuffer gpu = converted(
      "videoconvert ! video/x-raw,format=NV12 ! cudaupload ! " + inspect + " ! cudadownload", caps,
      picture(64, 48));
  EXPECT_NEAR(inspection(gpu)->score, inspection(host)->score, 1e-6);
}

/// What a launch line leaves of a picture in this format that comes in GPU memory, and in ordinary memory.
void expect_the_same_bytes(const std::string& format, const std::string& line) {
  const std::string caps = video_caps("RGB", 96, 64);
  const std::string convert = "videoconvert ! video/x-raw,format=" + format + " ! ";
  const UniqueBuffer host = converted(convert + line, caps, picture(96, 64, 5));
  const UniqueBuffer gpu =
      converted(convert + "cudaupload ! " + line + " ! cudadownload", caps, picture(96, 64, 5));
  EXPECT_EQ(bytes(gpu.get()), bytes(host.get())) << format << ": " << line;
}

TEST(CudaMemory, AFrameThereIsDrawnOnAsTheSameFrameOnTheHost) {
  SKIP_WITHOUT_A_GPU();
  const std::string inspect = "anomalyclip " + tiny_properties() +
                              " device=cuda precision=fp32 pixel-threshold=0.5 threshold=0.5";
  for (const char* format : {"NV12", "I420", "BGRA"}) {
    expect_the_same_bytes(format, inspect + " overlay=both");
    expect_the_same_bytes(format, inspect + " ! anomalyoverlay overlay=both");
  }
}

TEST(CudaMemory, AFrameOfAnotherContextIsDrawnOnThroughTheHost) {
  SKIP_WITHOUT_A_GPU();
  // On the CPU it hands out no context, so cudaupload makes its own.
  const std::string inspect =
      "anomalyclip " + tiny_properties() + " device=cpu pixel-threshold=0.5 threshold=0.5";
  expect_the_same_bytes("NV12", inspect + " overlay=both");
  expect_the_same_bytes("NV12", inspect + " ! anomalyoverlay overlay=both");
}

TEST(CudaMemory, ATeesOtherBranchThereStaysClean) {
  SKIP_WITHOUT_A_GPU();
  const std::string caps = video_caps("NV12", 96, 64);
  UniqueHarness inspector = harness(
      "cudaupload ! anomalyclip " + tiny_properties() +
          " device=cuda pixel-threshold=0.01 ! tee name=t t. ! queue ! anomalyoverlay ! fakesink "
          "sync=false t. ! queue ! cudadownload",
      caps);
  EXPECT_EQ(bytes(pass(inspector.get(), frame(caps, 0, 128)).get()),
            bytes(frame(caps, 0, 128).get()));
}

}  // namespace
}  // namespace anomalyclip::testing
