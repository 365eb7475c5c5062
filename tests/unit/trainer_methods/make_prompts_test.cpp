#include "methods/make_prompts.h"

#include <ATen/ops/from_blob.h>

#include <gtest/gtest.h>

#include "checkpoint/model_file.h"
#include "checkpoint/prompt_file.h"
#include "checkpoint/prompt_tensors.h"
#include "expect_error.h"
#include "golden.h"
#include "hashed_weights.h"
#include "methods/word_methods.h"
#include "temporary_folder.h"

namespace anomalyclip::trainer {
namespace {

using testing::expect_error;
using testing::Golden;
using testing::golden_path;
using testing::max_difference;

at::Tensor text_of(const Prompts& prompts) {
  auto* values = const_cast<float*>(prompts.text_features.data());
  return at::from_blob(values, {2, prompts.embed_dim()});
}

class MakePrompts : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    weights_ = new Weights(testing::hashed_weights(testing::kTiny));
    maker_ = new PromptMaker(*weights_, at::kCPU);
  }
  static void TearDownTestSuite() {
    delete maker_;
    delete weights_;
  }

  /// VAND's prompts for "bottle", their adapters drawn.
  std::string trained_vand() const {
    const ClipConfig model = ClipConfig::infer(*weights_);
    Prompts prompts = word_method("vand", model).recipe;
    prompts.image_size = 98;
    prompts.features = {2, 5, 8};
    prompts.model_fingerprint = fingerprint(*weights_);
    prompts.text_features = maker_->from_words("clip", "bottle", 98).prompts.text_features;
    prompts.class_name = "bottle";
    prompts.threshold = 0.25;
    for (const int layer : prompts.features) {
      prompts.tensors[adapter_key(layer, "weight")] =
          to_prompt_tensor(testing::noise(7100 + layer, {48, 128}, 0.3f));
      prompts.tensors[adapter_key(layer, "bias")] =
          to_prompt_tensor(testing::noise(7200 + layer, {48}, 0.3f));
    }
    save_prompts(folder_.file("vand.safetensors"), prompts);
    return folder_.file("vand.safetensors");
  }

  /// The prompts of "object" that tiny.safetensors' text features come from.
  std::string trained_anomalyclip() const {
    Prompts prompts;
    prompts.model_fingerprint = fingerprint(*weights_);
    prompts.text_features = maker_->from_words("clip", "bottle", 98).prompts.text_features;
    prompts.class_name = "object";
    prompts.normal_template = "{}";
    prompts.abnormal_template = "damaged {}";
    prompts.threshold = 0.25;
    std::map<std::string, at::Tensor> learned{
        {"ctx_pos", testing::noise(3000, {1, 1, 12, 64}, 0.07f)},
        {"ctx_neg", testing::noise(3001, {1, 1, 12, 64}, 0.07f)}};
    for (int i = 0; i < 8; ++i)
      learned["compound_prompts_text." + std::to_string(i)] =
          testing::noise(3002 + i, {4, 64}, 0.07f);
    save_prompts(folder_.file("anomalyclip.safetensors"), prompts, learned);
    return folder_.file("anomalyclip.safetensors");
  }

  testing::TemporaryFolder folder_;
  static Weights* weights_;
  static PromptMaker* maker_;
};

Weights* MakePrompts::weights_ = nullptr;
PromptMaker* MakePrompts::maker_ = nullptr;

TEST_F(MakePrompts, FromWordsSayWhatTheyWereMadeFrom) {
  const PromptDraft draft = maker_->from_words("winclip", "metal_nut", 98);
  EXPECT_LE(max_difference(text_of(draft.prompts), Golden("methods.safetensors")["text.winclip"]),
            1e-5);
  EXPECT_EQ(draft.prompts.class_name, "metal_nut");
  EXPECT_EQ(draft.prompts.image_size, 98);
  EXPECT_EQ(draft.prompts.abnormal_template,
            "damaged {} | {} with flaw | {} with defect | {} with damage");
  EXPECT_EQ(draft.prompts.model_fingerprint, fingerprint(*weights_));
  save_prompts(folder_.file("p.safetensors"), draft.prompts, draft.learned);
  EXPECT_EQ(Prompts::load(folder_.file("p.safetensors"))->method, "winclip");
}

TEST_F(MakePrompts, MethodsThatAreTrainedSaySo) {
  for (const std::string method : {"vand", "coop", "anomalyclip"})
    expect_error(
        ErrorCode::kSettings, [&] { maker_->from_words(method, "bottle", 0); },
        "`anomalyclip train --method " + method + "` makes its prompts", "--from");
}

TEST_F(MakePrompts, AnImageSizeOffThePatchGridIsRefusedWithTheNearest) {
  expect_error(
      ErrorCode::kSettings, [&] { maker_->from_words("clip", "bottle", 100); }, "multiple",
      "the nearest is 98");
}

TEST_F(MakePrompts, ReferencesAreTheReferences) {
  const Golden golden("methods.safetensors");
  PromptDraft windows = maker_->from_words("winclip", "metal_nut", 98);
  maker_->set_references(windows, {golden_path("images/rgb.png")});
  for (const std::string key :
       {"references.windows.2", "references.windows.3", "references.patches"})
    EXPECT_LE(max_difference(to_tensor(windows.prompts.tensors.at(key)), golden["winclip." + key]),
              1e-4)
        << key;
  PromptDraft vand = maker_->from_trained(trained_vand(), "metal_nut");
  maker_->set_references(vand, {golden_path("images/rgb.png")});
  for (const int layer : {2, 5, 8})
    EXPECT_LE(max_difference(to_tensor(vand.prompts.tensors.at(reference_key(layer))),
                             golden["vand." + reference_key(layer)]),
              1e-4)
        << layer;
}

TEST_F(MakePrompts, ReferencesAddUpAndReplaceThoseBefore) {
  PromptDraft draft = maker_->from_words("winclip", "metal_nut", 98);
  const std::string image = golden_path("images/rgb.png");
  maker_->set_references(draft, {image, golden_path("images/grey.png")});
  EXPECT_EQ(draft.prompts.tensors.at("references.windows.2").shape,
            (std::vector<std::int64_t>{72, 48}));
  maker_->set_references(draft, {image});
  EXPECT_EQ(draft.prompts.tensors.at("references.windows.2").shape,
            (std::vector<std::int64_t>{36, 48}));
}

TEST_F(MakePrompts, ReferencesForAMethodOfWordsAreRefused) {
  PromptDraft draft = maker_->from_words("clip", "bottle", 98);
  expect_error(
      ErrorCode::kSettings, [&] { maker_->set_references(draft, {golden_path("images/rgb.png")}); },
      "winclip and vand");
}

TEST_F(MakePrompts, AnImageThatCannotBeReadIsNamed) {
  PromptDraft draft = maker_->from_words("winclip", "bottle", 98);
  const std::string broken = folder_.write("broken.png", "not a picture");
  expect_error(
      ErrorCode::kRead, [&] { maker_->set_references(draft, {broken}); }, "broken.png");
}

TEST_F(MakePrompts, AdaptersGoToAnotherClassWithItsWords) {
  const PromptDraft draft = maker_->from_trained(trained_vand(), "metal_nut");
  EXPECT_LE(max_difference(text_of(draft.prompts), Golden("methods.safetensors")["text.vand"]),
            1e-5);
  EXPECT_EQ(draft.prompts.class_name, "metal_nut");
  EXPECT_FALSE(draft.prompts.threshold.has_value()) << "it was found on another class";
  EXPECT_TRUE(draft.prompts.tensors.contains("adapters.8.weight"));
  EXPECT_EQ(maker_->from_trained(trained_vand(), "").prompts.class_name, "bottle");
}

TEST_F(MakePrompts, ALearnedContextGoesAroundAnotherName) {
  const std::string path = trained_anomalyclip();
  const PromptDraft same = maker_->from_trained(path, "object");
  EXPECT_LE(max_difference(text_of(same.prompts), Golden("tiny.safetensors")["text_features"]),
            1e-5);
  const PromptDraft other = maker_->from_trained(path, "metal_nut");
  EXPECT_GT(max_difference(text_of(other.prompts), text_of(same.prompts)), 0.01);
  EXPECT_EQ(other.prompts.class_name, "metal nut") << "contexts stand before words";
  EXPECT_TRUE(other.learned.contains("compound_prompts_text.7"));
}

TEST_F(MakePrompts, PromptsOfAnotherModelAreRefused) {
  Prompts prompts = maker_->from_words("clip", "bottle", 98).prompts;
  prompts.model_fingerprint = std::string(64, 'b');
  save_prompts(folder_.file("other.safetensors"), prompts);
  expect_error(
      ErrorCode::kMismatch, [&] { maker_->from_trained(folder_.file("other.safetensors"), "nut"); },
      std::string(64, 'b'), fingerprint(*weights_));
}

TEST_F(MakePrompts, PromptsThatWereNotTrainedAreRefused) {
  const Prompts prompts = maker_->from_words("clip", "bottle", 98).prompts;
  save_prompts(folder_.file("clip.safetensors"), prompts);
  expect_error(
      ErrorCode::kSettings, [&] { maker_->from_trained(folder_.file("clip.safetensors"), "nut"); },
      "--method clip", "without --from");
}

}  // namespace
}  // namespace anomalyclip::trainer
