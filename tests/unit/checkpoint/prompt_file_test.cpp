#include "checkpoint/prompt_file.h"

#include <filesystem>
#include <limits>

#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <gtest/gtest.h>

#include "checkpoint/safetensors.h"
#include "expect_error.h"
#include "temporary_folder.h"

namespace anomalyclip {
namespace {

using testing::expect_error;
using testing::TemporaryFolder;

const std::string kFingerprint(64, 'a');

std::map<std::string, std::string> good_metadata() {
  return {{"format", "anomalyclip-prompts/1"},
          {"method", "anomalyclip"},
          {"model_fingerprint", kFingerprint},
          {"image_size", "518"},
          {"dpam_from", "6"},
          {"attention", "vv"},
          {"features", "6,12,18,24"},
          {"sigma", "4"},
          {"temperature", "0.07"},
          {"score", "global"}};
}

at::Tensor good_features() {
  return at::tensor({0.6f, 0.8f, 0.0f, 1.0f}).view({2, 2});
}

class PromptFile : public ::testing::Test {
 protected:
  std::string write(const std::map<std::string, std::string>& metadata,
                    const at::Tensor& features = good_features()) {
    write_safetensors(path(), {{"text_features", features}}, metadata);
    return path();
  }

  std::string path() const { return folder_.file("bottle.safetensors"); }

  void expect_refused(const std::string& key, const std::string& value,
                      const std::string& expected) {
    auto metadata = good_metadata();
    metadata[key] = value;
    write(metadata);
    expect_error(
        ErrorCode::kRead, [&] { Prompts::load(path()); }, path(), "\"" + key + "\"", expected,
        "\"" + value + "\"");
  }

  TemporaryFolder folder_;
};

TEST_F(PromptFile, LoadsEveryValue) {
  auto metadata = good_metadata();
  metadata.insert({{"class_name", "bottle"},
                   {"normal_template", "a {}"},
                   {"abnormal_template", "a damaged {}"},
                   {"threshold", "0.25"},
                   {"pixel_threshold", "0.75"},
                   {"training", "{\"seed\":1}"},
                   {"owner", "line 4"}});
  metadata["attention"] = "qq+kk+vv";
  metadata["score"] = "mean";
  const auto prompts = Prompts::load(write(metadata));
  EXPECT_EQ(prompts->name, "bottle.safetensors");
  EXPECT_EQ(prompts->text_features, (std::vector<float>{0.6f, 0.8f, 0.0f, 1.0f}));
  EXPECT_EQ(prompts->model_fingerprint, kFingerprint);
  EXPECT_EQ(prompts->image_size, 518);
  EXPECT_EQ(prompts->dpam_from, 6);
  EXPECT_EQ(prompts->attention,
            (std::vector{AttentionKind::kQQ, AttentionKind::kKK, AttentionKind::kVV}));
  EXPECT_EQ(prompts->features, (std::vector{6, 12, 18, 24}));
  EXPECT_EQ(prompts->sigma, 4);
  EXPECT_EQ(prompts->temperature, 0.07);
  EXPECT_EQ(prompts->score, ScoreMode::kMean);
  EXPECT_EQ(prompts->class_name, "bottle");
  EXPECT_EQ(prompts->abnormal_template, "a damaged {}");
  EXPECT_EQ(prompts->threshold, 0.25);
  EXPECT_EQ(prompts->pixel_threshold, 0.75);
  EXPECT_EQ(prompts->metadata.at("owner"), "line 4");
}

TEST_F(PromptFile, WithoutThresholdsHasNone) {
  const auto prompts = Prompts::load(write(good_metadata()));
  EXPECT_FALSE(prompts->threshold.has_value());
  EXPECT_FALSE(prompts->pixel_threshold.has_value());
}

TEST_F(PromptFile, SavedPromptsLoadAgainWithUnknownKeysAndTensors) {
  auto metadata = good_metadata();
  metadata["owner"] = "line 4";
  metadata["threshold"] = "0.9";
  Prompts prompts = *Prompts::load(write(metadata));
  prompts.sigma = 0.1;
  prompts.threshold.reset();
  prompts.pixel_threshold = 1.0 / 3;
  prompts.attention = {AttentionKind::kKK, AttentionKind::kQQ};
  save_prompts(path(), prompts, {{"ctx_pos", at::ones({1, 1, 2, 3})}});

  const auto read = Prompts::load(path());
  EXPECT_EQ(read->text_features, prompts.text_features);
  EXPECT_EQ(read->sigma, 0.1);
  EXPECT_EQ(read->attention, prompts.attention);
  EXPECT_FALSE(read->threshold.has_value());
  EXPECT_EQ(read->pixel_threshold, 1.0 / 3);
  EXPECT_EQ(read->metadata.at("owner"), "line 4");
  EXPECT_TRUE(at::equal(read_safetensors(path()).tensors.at("ctx_pos"), at::ones({1, 1, 2, 3})));
}

TEST_F(PromptFile, PromptsThatCouldNotBeReadAreNotWritten) {
  Prompts prompts;
  prompts.text_features = {1, 0, 0, 1};
  expect_error(
      ErrorCode::kSettings, [&] { save_prompts(path(), prompts); }, "\"model_fingerprint\"");
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(PromptFile, OtherFormatsAreRefused) {
  auto metadata = good_metadata();
  metadata["format"] = "anomalyclip-prompts/2";
  write(metadata);
  expect_error(
      ErrorCode::kRead, [&] { Prompts::load(path()); }, "\"anomalyclip-prompts/2\"",
      "\"anomalyclip-prompts/1\"");
  metadata.erase("format");
  write(metadata);
  expect_error(
      ErrorCode::kRead, [&] { Prompts::load(path()); }, "is not a prompt file");
}

TEST_F(PromptFile, EveryRequiredKeyIsAskedFor) {
  for (const auto& entry : good_metadata()) {
    if (entry.first == "format") continue;
    auto metadata = good_metadata();
    metadata.erase(entry.first);
    write(metadata);
    expect_error(
        ErrorCode::kRead, [&] { Prompts::load(path()); }, "\"" + entry.first + "\"", "is missing");
  }
}

TEST_F(PromptFile, ValuesOutOfRangeAreRefusedByKey) {
  expect_refused("model_fingerprint", std::string(64, 'A'), "64 lower-case hex digits");
  expect_refused("model_fingerprint", "abc", "64 lower-case hex digits");
  for (const char* value : {"0", "-14", "518.0", "518 ", "", "1e2", "99999999999999"})
    expect_refused("image_size", value, "a whole number from 1");
  for (const char* value : {"-1", "six", "1001"})
    expect_refused("dpam_from", value, "a whole number from 0");
  for (const char* value : {"", "xx", "vv+", "vv+vv", "VV", "vv,qq"})
    expect_refused("attention", value, "joined by +");
  for (const char* value : {"", "0", "6,6", "12,6", "6,,12", "6;12", "-1"})
    expect_refused("features", value, "ascending");
  for (const char* value : {"-1", "nan", "inf", "4px", "0x4", ""})
    expect_refused("sigma", value, "a number from 0");
  for (const char* value : {"0", "-0.07", "nan", "0,07"})
    expect_refused("temperature", value, "a number from 0.001");
  for (const char* value : {"max", "Global", ""})
    expect_refused("score", value, "global, map or mean");
  for (const char* key : {"threshold", "pixel_threshold"})
    for (const char* value : {"1.5", "-0.1", "nan", "none"})
      expect_refused(key, value, "a number from 0 to 1");
  expect_refused("training", "{seed:1}", "JSON");
}

TEST_F(PromptFile, TextFeaturesThatAreNotTwoUnitRowsAreRefused) {
  const auto expect_features_refused = [&](const at::Tensor& features, const std::string& found) {
    write(good_metadata(), features);
    expect_error(
        ErrorCode::kRead, [&] { Prompts::load(path()); }, "\"text_features\"", "[2, D]", found);
  };
  expect_features_refused(at::zeros({3, 2}), "has shape [3, 2]");
  expect_features_refused(at::zeros({4}), "has shape [4]");
  expect_features_refused(at::zeros({2, 0}), "has shape [2, 0]");
  expect_features_refused(good_features().to(at::kHalf), "is Half");
  expect_features_refused(good_features().mul(1.01), "row 0 has length 1.01");
  expect_features_refused(good_features().fill_(std::numeric_limits<float>::quiet_NaN()), "NaN");
  write_safetensors(path(), {}, good_metadata());
  expect_error(
      ErrorCode::kRead, [&] { Prompts::load(path()); }, "is missing");
}

TEST_F(PromptFile, WhatTheEncoderIsAskedForIsKept) {
  Prompts prompts = *Prompts::load(write(good_metadata()));
  EXPECT_FALSE(prompts.global_ln_post);
  EXPECT_EQ(prompts.positions, Interpolation::kBilinear);
  EXPECT_FALSE(prompts.activation.has_value());
  prompts.method = "clip";
  prompts.global_ln_post = true;
  prompts.positions = Interpolation::kBicubic;
  prompts.activation = Activation::kGelu;
  save_prompts(path(), prompts);
  const auto read = Prompts::load(path());
  EXPECT_EQ(read->method, "clip");
  EXPECT_TRUE(read->global_ln_post);
  EXPECT_EQ(read->positions, Interpolation::kBicubic);
  EXPECT_EQ(read->activation, Activation::kGelu);
}

TEST_F(PromptFile, MethodsOptionsOutOfRangeAreRefusedByKey) {
  expect_refused("method", "PatchCore", "anomalyclip, clip, clip-ac, coop, winclip or vand");
  expect_refused("global_ln_post", "yes", "true or false");
  expect_refused("positions", "cubic", "bilinear or bicubic");
  expect_refused("activation", "relu", "quick_gelu or gelu");
}

TEST_F(PromptFile, ThatIsNotThereIsCalledAPromptFile) {
  expect_error(
      ErrorCode::kNotFound, [] { Prompts::load("/nonexistent/p.safetensors"); },
      "the prompt file /nonexistent/p.safetensors: no such file");
}

}  // namespace
}  // namespace anomalyclip
