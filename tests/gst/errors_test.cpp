// Bad input: which error, with which words; and a stream that lives on.
#include <filesystem>
#include <fstream>

#include <ATen/ops/ones.h>

#include "checkpoint/safetensors.h"
#include "models.h"
#include "support.h"

namespace anomalyclip::testing {
namespace {

const std::string kCaps = video_caps("RGB", 96, 64);

std::string path(const std::string& name) {
  return scratch_folder() + "/" + name;
}

std::string written(const std::string& name, const std::string& content) {
  std::ofstream(path(name), std::ios::binary) << content;
  return path(name);
}

std::string content_of(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// A model with one tensor changed, or without it.
std::string model_with(const std::string& name, const std::string& key,
                       std::optional<at::Tensor> tensor) {
  Safetensors file = read_safetensors(tiny_model());
  file.tensors.erase(key);
  if (tensor) file.tensors[key] = *tensor;
  write_safetensors(path(name), file.tensors, file.metadata);
  return path(name);
}

struct Refusal {
  GQuark domain = 0;
  int code = 0;
  std::string text;
};

/// How an element refuses to start with these properties.
Refusal refusal(const std::string& properties) {
  const UniqueElement element(gst_parse_launch(("anomalyclip " + properties).c_str(), nullptr));
  const Bus bus(element.get());
  EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
  const UniqueMessage message = bus.take(GST_MESSAGE_ERROR);
  if (!message) return {};
  GError* error = nullptr;
  gst_message_parse_error(message.get(), &error, nullptr);
  Refusal result{error->domain, error->code, error->message};
  g_error_free(error);
  return result;
}

void expect(const Refusal& refusal, GQuark domain, int code,
            const std::vector<std::string>& words) {
  EXPECT_EQ(refusal.domain, domain) << refusal.text;
  EXPECT_EQ(refusal.code, code) << refusal.text;
  for (const std::string& word : words)
    EXPECT_NE(refusal.text.find(word), std::string::npos) << word << " is not in: " << refusal.text;
}

void expect_unreadable(const std::string& model, const std::vector<std::string>& words) {
  expect(refusal("model=" + model + " prompts=" + plain_prompts()), GST_RESOURCE_ERROR,
         GST_RESOURCE_ERROR_READ, words);
}

TEST(Start, NamesAMissingModel) {
  expect(refusal("model=" + path("nowhere.safetensors") + " prompts=" + plain_prompts()),
         GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND, {path("nowhere.safetensors")});
}

TEST(Start, NamesMissingPrompts) {
  expect(refusal("model=" + tiny_model() + " prompts=" + path("nowhere.safetensors")),
         GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND, {path("nowhere.safetensors")});
}

TEST(Start, SaysThatAModelNeedsPrompts) {
  expect(refusal("model=" + tiny_model()), GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
         {"prompts", "not set", "anomalyclip train"});
}

TEST(Start, RefusesWhatIsNotSafetensors) {
  const std::string file = written("text.safetensors", "this is a text and no model at all");
  expect_unreadable(file, {file});
}

TEST(Start, RefusesAnEmptyFile) {
  const std::string file = written("empty.safetensors", "");
  expect_unreadable(file, {file});
}

TEST(Start, RefusesAFolder) {
  std::filesystem::create_directory(path("folder.safetensors"));
  expect_unreadable(path("folder.safetensors"), {path("folder.safetensors")});
}

TEST(Start, RefusesATruncatedModel) {
  const std::string whole = content_of(tiny_model());
  const std::string file = written("short.safetensors", whole.substr(0, whole.size() / 2));
  expect_unreadable(file, {file});
}

TEST(Start, RefusesAHeaderLargerThanTheFile) {
  const std::string file =
      written("header.safetensors", std::string("\xff\xff\xff\x7f\0\0\0\0{}", 10));
  expect_unreadable(file, {file});
}

TEST(Start, RefusesOverlappingTensors) {
  const std::string header =
      R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})";
  std::string content(8, '\0');
  content[0] = char(header.size());
  const std::string file = written("overlap.safetensors", content + header + std::string(12, '\0'));
  expect_unreadable(file, {file});
}

TEST(Start, NamesAMissingTensor) {
  const std::string key = "visual.transformer.resblocks.1.ln_2.weight";
  expect(refusal("model=" + model_with("missing.safetensors", key, {}) +
                 " prompts=" + plain_prompts()),
         GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, {key});
}

TEST(Start, NamesAMisshapenTensorWithBothShapes) {
  const std::string key = "visual.transformer.resblocks.0.mlp.c_fc.bias";
  expect(refusal("model=" + model_with("misshapen.safetensors", key, at::ones({7})) +
                 " prompts=" + plain_prompts()),
         GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, {key, "512", "7"});
}

TEST(Start, NamesAWeightThatIsNotANumber) {
  const std::string key = "visual.transformer.resblocks.0.ln_1.bias";
  const at::Tensor bad = at::ones({128}).mul_(std::nanf(""));
  expect(
      refusal("model=" + model_with("nan.safetensors", key, bad) + " prompts=" + plain_prompts()),
      GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_FAILED, {key});
}

TEST(Start, NamesBothFingerprintsOfPromptsOfAnotherModel) {
  const std::string other(64, 'a');
  const Refusal r = refusal("model=" + tiny_model() +
                            " prompts=" + tiny_prompts("foreign", {.fingerprint = other}));
  expect(r, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
         {other, "anomalyclip convert --prompts", "tiny.safetensors"});
}

TEST(Start, RefusesAnImageSizeThatPatchesDoNotFill) {
  expect(refusal(tiny_properties() + " image-size=57"), GST_LIBRARY_ERROR,
         GST_LIBRARY_ERROR_SETTINGS, {"14", "57"});
}

TEST(Start, RefusesARegionOfInterestThatIsNone) {
  expect(refusal(tiny_properties() + " roi=1,2,3"), GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
         {"roi", "1,2,3"});
}

TEST(Start, RefusesAnUnknownDevice) {
  expect(refusal(tiny_properties() + " device=abacus"), GST_LIBRARY_ERROR,
         GST_LIBRARY_ERROR_SETTINGS, {"abacus"});
}

TEST(Start, SaysWhatIsMissingForCuda) {
  if (std::filesystem::exists("/dev/nvidia0")) GTEST_SKIP() << "there is a CUDA device";
  expect(refusal(tiny_properties() + " device=cuda"), GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED,
         {"cuda"});
}

TEST(Start, MayBeTriedAgainAfterARefusal) {
  const UniqueElement element(gst_parse_launch(
      ("anomalyclip prompts=" + plain_prompts() + " model=/nowhere").c_str(), nullptr));
  const Bus bus(element.get());
  EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
  gst_element_set_state(element.get(), GST_STATE_NULL);
  g_object_set(element.get(), "model", tiny_model().c_str(), nullptr);
  EXPECT_NE(gst_element_set_state(element.get(), GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
}

TEST(FirstFrames, OutsideTheRegionOfInterestAreAnError) {
  UniqueHarness h = harness("anomalyclip roi=500,500,20,20 " + tiny_properties());
  const Bus bus(h->element);
  gst_harness_set_src_caps_str(h.get(), kCaps.c_str());
  EXPECT_NE(gst_harness_push(h.get(), picture(96, 64).release()), GST_FLOW_OK);
  const UniqueMessage error = bus.wait(GST_MESSAGE_ERROR);
  EXPECT_TRUE(is(error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS)) << text_of(error);
}

TEST(Streams, LiveOnWhenAnOutputIsNotANumber) {
  UniqueHarness h =
      harness("anomalyclip model=" + overflowing_model() + " prompts=" + plain_prompts(), kCaps);
  const Bus bus(h->element);
  for (int i = 0; i < 5; ++i) {
    const UniqueBuffer out = pass(h.get(), picture(96, 64, i));
    EXPECT_EQ(inspection(out)->status, GST_ANOMALY_STATUS_FAILED);
    EXPECT_EQ(inspection(out)->verdict, GST_ANOMALY_VERDICT_UNKNOWN);
    EXPECT_EQ(bytes(out.get()), bytes(picture(96, 64, i).get()));
  }
  const UniqueMessage warning = bus.take(GST_MESSAGE_WARNING);
  EXPECT_NE(text_of(warning).find("not a number"), std::string::npos) << text_of(warning);
  EXPECT_FALSE(bus.take(GST_MESSAGE_WARNING)) << "once, not a frame";
  EXPECT_FALSE(bus.take(GST_MESSAGE_ERROR));
  EXPECT_EQ(integer(stats(h->element), "frames-failed"), 5u);
}

TEST(Streams, LiveOnWhenAFrameIsTooShort) {
  UniqueHarness h = harness("anomalyclip " + tiny_properties(), kCaps);
  const Bus bus(h->element);
  EXPECT_EQ(inspection(pass(h.get(), UniqueBuffer(gst_buffer_new_allocate(nullptr, 100, nullptr))))
                ->status,
            GST_ANOMALY_STATUS_FAILED);
  EXPECT_EQ(inspection(pass(h.get(), picture(96, 64)))->status, GST_ANOMALY_STATUS_INSPECTED);
  const UniqueMessage warning = bus.take(GST_MESSAGE_WARNING);
  EXPECT_TRUE(is(warning, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ)) << text_of(warning);
}

TEST(Streams, LiveOnWhenFramesShrinkBelowTheRegionOfInterest) {
  UniqueHarness h = harness("anomalyclip roi=60,40,20,20 " + tiny_properties(), kCaps);
  const Bus bus(h->element);
  EXPECT_EQ(inspection(pass(h.get(), picture(96, 64)))->status, GST_ANOMALY_STATUS_INSPECTED);
  gst_harness_set_src_caps_str(h.get(), video_caps("RGB", 32, 32).c_str());
  EXPECT_EQ(inspection(pass(h.get(), picture(32, 32)))->status, GST_ANOMALY_STATUS_FAILED);
  const UniqueMessage warning = bus.take(GST_MESSAGE_WARNING);
  EXPECT_NE(text_of(warning).find("32x32"), std::string::npos) << text_of(warning);
  gst_harness_set_src_caps_str(h.get(), kCaps.c_str());
  EXPECT_EQ(inspection(pass(h.get(), picture(96, 64)))->status, GST_ANOMALY_STATUS_INSPECTED);
}

TEST(Streams, InspectAnewAfterAFailureThoughNothingHasChanged) {
  UniqueHarness h = harness("anomalyclip skip-unchanged=0.1 " + tiny_properties(), kCaps);
  EXPECT_EQ(inspection(pass(h.get(), picture(96, 64)))->status, GST_ANOMALY_STATUS_INSPECTED);
  EXPECT_EQ(inspection(pass(h.get(), UniqueBuffer(gst_buffer_new_allocate(nullptr, 100, nullptr))))
                ->status,
            GST_ANOMALY_STATUS_FAILED);
  EXPECT_EQ(inspection(pass(h.get(), picture(96, 64)))->status, GST_ANOMALY_STATUS_INSPECTED);
  EXPECT_EQ(inspection(pass(h.get(), picture(96, 64)))->status, GST_ANOMALY_STATUS_REUSED);
}

TEST(Streams, ReuseNoResultOfAFailure) {
  UniqueHarness h = harness(
      "anomalyclip interval=3 model=" + overflowing_model() + " prompts=" + plain_prompts(), kCaps);
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(inspection(pass(h.get(), picture(96, 64)))->status, GST_ANOMALY_STATUS_FAILED);
}

}  // namespace
}  // namespace anomalyclip::testing
