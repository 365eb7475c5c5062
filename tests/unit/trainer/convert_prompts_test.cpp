#include "convert/convert_prompts.h"

#include <gmock/gmock.h>
#include <sstream>

#include <ATen/ops/from_blob.h>

#include <gtest/gtest.h>

#include <anomalyclip/prompts.h>

#include "checkpoint/model_file.h"
#include "checkpoint/safetensors.h"
#include "expect_error.h"
#include "golden.h"
#include "hashed_weights.h"
#include "temporary_folder.h"

namespace anomalyclip::trainer {
namespace {

using testing::expect_error;
using testing::golden_path;

class ConvertPrompts : public ::testing::Test {
 protected:
  ConvertPrompts() : tensors_(testing::hashed_tensors(testing::kTiny)) {}

  void convert() {
    write_safetensors(conversion_.model, tensors_);
    convert_prompts(conversion_, report_);
  }

  testing::TemporaryFolder folder_;
  std::map<std::string, at::Tensor> tensors_;
  PromptConversion conversion_{golden_path("checkpoint_upstream_prompts.pth"),
                               folder_.file("tiny.safetensors"), folder_.file("p.safetensors")};
  std::ostringstream report_;
};

TEST_F(ConvertPrompts, GivesTheReferencesTextFeatures) {
  convert();
  const auto prompts = Prompts::load(conversion_.output);
  const at::Tensor expected =
      testing::Golden("tiny.safetensors")["text_features.deep_rounded_to_half"];
  std::vector<float> values = prompts->text_features;
  EXPECT_LE(
      testing::max_difference(at::from_blob(values.data(), {2, prompts->embed_dim()}), expected),
      1e-5);
  EXPECT_EQ(prompts->model_fingerprint, fingerprint(load_model(conversion_.model)));
  EXPECT_EQ(prompts->dpam_from, 2);
  EXPECT_EQ(prompts->features, std::vector<int>{8});
  EXPECT_EQ(prompts->image_size, 518);
  EXPECT_EQ(prompts->abnormal_template, "damaged {}");
  EXPECT_THAT(report_.str(), ::testing::HasSubstr("12 learned tokens, 8 deep prompts"));
}

TEST_F(ConvertPrompts, KeepsWhatWasLearnedAsItIsUsed) {
  convert();
  const auto tensors = read_safetensors(conversion_.output).tensors;
  EXPECT_TRUE(tensors.at("ctx_neg").equal(testing::noise(3001, {1, 1, 12, 64}, 0.07f)));
  EXPECT_TRUE(tensors.at("compound_prompts_text.7")
                  .equal(testing::noise(3009, {4, 64}, 0.07f).to(at::kHalf).to(at::kFloat)));
  EXPECT_FALSE(tensors.contains("compound_prompts_text.8"));
  EXPECT_FALSE(tensors.contains("token_prefix_pos"));
}

TEST_F(ConvertPrompts, AModelStoredInHalfIsTheSameModel) {
  tensors_["token_embedding.weight"] = tensors_["token_embedding.weight"].to(at::kHalf);
  EXPECT_NO_THROW(convert());
}

TEST_F(ConvertPrompts, AnotherModelIsNoticedByItsWords) {
  tensors_["token_embedding.weight"] = tensors_["token_embedding.weight"].mul(1.01);
  expect_error(
      ErrorCode::kMismatch, [&] { convert(); }, "was trained on another model", "token_prefix_pos");
}

TEST_F(ConvertPrompts, AModelOfAnotherWidthIsNoticed) {
  tensors_ = testing::hashed_tensors({48, 56, 14, 128, 1, 128, 1, 77, 49408});
  expect_error(
      ErrorCode::kMismatch, [&] { convert(); }, "ctx_pos", "128");
}

}  // namespace
}  // namespace anomalyclip::trainer
