#include "checkpoint/clip_names.h"

#include <array>
#include <string>

#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>

#include <gtest/gtest.h>

#include "expect_error.h"
#include "hashed_weights.h"

namespace anomalyclip {
namespace {

using testing::expect_error;
using testing::hashed_tensors;
using Tensors = std::map<std::string, at::Tensor>;

constexpr testing::ClipDimensions kSmall{32, 28, 14, 64, 2, 64, 2, 77, 64};

void expect_same(const Tensors& found, const Tensors& expected) {
  EXPECT_EQ(found.size(), expected.size());
  for (const auto& [name, tensor] : expected) {
    ASSERT_TRUE(found.contains(name)) << name;
    EXPECT_TRUE(at::equal(found.at(name), tensor)) << name;
  }
}

void replace(std::string& text, const std::string& from, const std::string& to) {
  if (const auto at = text.find(from); at != std::string::npos) text.replace(at, from.size(), to);
}

std::string hugging_face_name(std::string name) {
  const bool vision = name.starts_with("visual.");
  const std::string tower = vision ? "vision_model." : "text_model.";
  if (name == "logit_scale") return name;
  if (name == "text_projection") return "text_projection.weight";
  if (name == "visual.proj") return "visual_projection.weight";
  replace(name, "visual.", "");
  replace(name, "transformer.resblocks.", "encoder.layers.");
  replace(name, "attn.out_proj", "self_attn.out_proj");
  replace(name, "ln_1", "layer_norm1");
  replace(name, "ln_2", "layer_norm2");
  replace(name, "mlp.c_fc", "mlp.fc1");
  replace(name, "mlp.c_proj", "mlp.fc2");
  replace(name, "ln_pre", "pre_layrnorm");
  replace(name, "ln_post", "post_layernorm");
  replace(name, "ln_final", "final_layer_norm");
  replace(name, "positional_embedding", "embeddings.position_embedding.weight");
  replace(name, "class_embedding", "embeddings.class_embedding");
  replace(name, "token_embedding", "embeddings.token_embedding");
  replace(name, "conv1", "embeddings.patch_embedding");
  return tower + name;
}

Tensors hugging_face(const Tensors& openai) {
  Tensors result;
  for (const auto& [name, tensor] : openai) {
    if (const auto at = name.find("attn.in_proj_"); at != std::string::npos) {
      const std::string prefix = hugging_face_name(name.substr(0, at)) + "self_attn.";
      const auto parts = tensor.chunk(3);
      for (int i = 0; i < 3; ++i)
        result[prefix + "qkv"[i] + "_proj." + name.substr(at + 13)] = parts[i];
    } else {
      result[hugging_face_name(name)] =
          name == "visual.proj" || name == "text_projection" ? tensor.t() : tensor;
    }
  }
  return result;
}

TEST(ClipNames, OpenAINamesPassUnchangedWithoutTheIntegers) {
  const Tensors weights = hashed_tensors(kSmall);
  Tensors file = weights;
  for (const char* name : {"input_resolution", "context_length", "vocab_size"})
    file[name] = at::zeros({}, at::kLong);
  file["transformer.resblocks.0.attn_mask"] = at::zeros({77, 77});
  const ClipTensors read = to_openai_names(file, "f");
  expect_same(read.tensors, weights);
  EXPECT_EQ(read.scheme, "OpenAI / open_clip");
  EXPECT_TRUE(read.has_text_tower);
}

TEST(ClipNames, HuggingFaceNamesGiveTheSameTensors) {
  const Tensors weights = hashed_tensors(kSmall);
  Tensors file = hugging_face(weights);
  file["text_model.embeddings.position_ids"] = at::zeros({1, 77}, at::kLong);
  const ClipTensors read = to_openai_names(file, "f");
  expect_same(read.tensors, weights);
  EXPECT_EQ(read.scheme, "Hugging Face");
}

TEST(ClipNames, CustomTextNamesGiveTheSameTensors) {
  const Tensors weights = hashed_tensors(kSmall);
  Tensors file;
  for (const auto& [name, tensor] : weights)
    file[(name.starts_with("visual.") || name == "logit_scale" ? "" : "text.") + name] = tensor;
  const ClipTensors read = to_openai_names(file, "f");
  expect_same(read.tensors, weights);
  EXPECT_EQ(read.scheme, "open_clip (CustomTextCLIP)");
}

TEST(ClipNames, ModulePrefixesAreStripped) {
  const Tensors weights = hashed_tensors(kSmall);
  Tensors file;
  for (const auto& [name, tensor] : weights) file["module." + name] = tensor;
  expect_same(to_openai_names(file, "f").tensors, weights);
  file["logit_scale"] = at::zeros({});
  expect_error(
      ErrorCode::kMismatch, [&] { to_openai_names(file, "f"); }, "\"logit_scale\" is there twice");
}

TEST(ClipNames, VisionTowerAloneIsRecognised) {
  Tensors vision;
  for (const auto& [name, tensor] : hashed_tensors(kSmall))
    if (name.starts_with("visual.")) vision[name] = tensor;
  EXPECT_FALSE(to_openai_names(vision, "f").has_text_tower);
  expect_same(to_openai_names(hugging_face(vision), "f").tensors, vision);
}

TEST(ClipNames, TensorsThatWouldBeIgnoredAreRefused) {
  Tensors file = hashed_tensors(kSmall);
  file["visual.transformer.resblocks.0.ls_1.gamma"] = at::zeros({64});
  expect_error(
      ErrorCode::kMismatch, [&] { to_openai_names(file, "f"); },
      "\"visual.transformer.resblocks.0.ls_1.gamma\" has no place");
  file = hugging_face(hashed_tensors(kSmall));
  file["vision_model.encoder.layers.0.self_attn.x_proj.weight"] = at::zeros({64});
  expect_error(
      ErrorCode::kMismatch, [&] { to_openai_names(file, "f"); },
      "self_attn.x_proj.weight\" has no place");
}

TEST(ClipNames, MissingOrMisshapenPartsOfTheAttentionAreNamed) {
  Tensors file = hugging_face(hashed_tensors(kSmall));
  file["vision_model.encoder.layers.1.self_attn.k_proj.bias"] = at::zeros({3});
  expect_error(
      ErrorCode::kMismatch, [&] { to_openai_names(file, "f"); },
      "visual.transformer.resblocks.1.attn.in_proj_bias", "differ in shape");
  file.erase("vision_model.encoder.layers.1.self_attn.k_proj.bias");
  expect_error(
      ErrorCode::kMismatch, [&] { to_openai_names(file, "f"); },
      "visual.transformer.resblocks.1.attn.in_proj_bias", "k_proj is missing");
}

TEST(ClipNames, OtherModelsAreRefused) {
  expect_error(
      ErrorCode::kMismatch, [] { to_openai_names({}, "f"); }, "not a CLIP ViT checkpoint");
  expect_error(
      ErrorCode::kMismatch,
      [] {
        to_openai_names({{"visual.layer1.0.conv1.weight", at::zeros({1})}}, "f");
      },
      "ResNet");
}

TEST(ClipNames,
     ModelsWithOtherHeadsAreRefused) {  // they would run, and give other numbers than they should
  Tensors file = hashed_tensors(kSmall);
  file["visual.class_embedding"] = at::zeros({1280});
  expect_error(
      ErrorCode::kMismatch, [&] { to_openai_names(file, "f"); }, "heads are 80 wide");
}

TEST(ClipNames, QuantisedWeightsAreRefused) {
  Tensors file = hashed_tensors(kSmall);
  file["visual.proj"] = file["visual.proj"].to(at::kChar);
  expect_error(
      ErrorCode::kMismatch, [&] { to_openai_names(file, "f"); }, "\"visual.proj\" is Char");
}

}  // namespace
}  // namespace anomalyclip
