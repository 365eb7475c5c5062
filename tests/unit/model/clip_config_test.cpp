#include "model/clip_config.h"

#include <functional>
#include <gmock/gmock.h>
#include <limits>

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <gtest/gtest.h>

#include <anomalyclip/error.h>

#include "hashed_weights.h"
#include "model/vision_transformer.h"

namespace anomalyclip {
namespace {

using ::testing::HasSubstr;

using Tensors = std::map<std::string, at::Tensor>;

/// What the model says when the tiny checkpoint is changed; empty when it accepts it.
std::pair<std::string, ErrorCode> refusal(const std::function<void(Tensors&)>& change,
                                          const std::string& activation = "",
                                          at::ScalarType dtype = at::kFloat) {
  static const Tensors tiny = testing::hashed_tensors(testing::kTiny);
  Tensors tensors = tiny;
  change(tensors);
  try {
    const VisionTransformer model(Weights(tensors, {{"activation", activation}}, "m.safetensors"),
                                  at::kCPU, dtype);
  } catch (const Error& error) {
    return {error.what(), error.code()};
  }
  return {"", ErrorCode::kRead};
}

TEST(ClipConfig, ReadsEveryDimensionOffTheShapes) {
  const ClipConfig config = ClipConfig::infer(testing::hashed_weights(testing::kTiny));
  EXPECT_EQ(config.embed_dim, 48);
  EXPECT_EQ(config.image_resolution, 56);
  EXPECT_EQ(config.patch_size, 14);
  EXPECT_EQ(config.grid(), 4);
  EXPECT_EQ(config.vision_width, 128);
  EXPECT_EQ(config.vision_heads(), 2);
  EXPECT_EQ(config.vision_layers, 8);
  EXPECT_EQ(config.text_width, 64);
  EXPECT_EQ(config.text_heads(), 1);
  EXPECT_EQ(config.text_layers, 10);
  EXPECT_EQ(config.context_length, 77);
  EXPECT_EQ(config.vocabulary, 49408);
  EXPECT_EQ(config.activation, Activation::kQuickGelu);
}

TEST(ClipConfig, ATextTowerIsOptional) {
  Tensors tensors = testing::hashed_tensors(testing::kTiny);
  std::erase_if(tensors, [](const auto& item) { return !item.first.starts_with("visual."); });
  EXPECT_FALSE(ClipConfig::infer(Weights(tensors, {}, "visual only")).has_text());
}

TEST(ClipConfig, AMissingTensorIsNamed) {
  for (const std::string key :
       {"visual.conv1.weight", "visual.proj", "visual.class_embedding", "visual.ln_post.bias",
        "visual.transformer.resblocks.3.attn.in_proj_weight",
        "visual.transformer.resblocks.7.mlp.c_fc.bias", "positional_embedding",
        "transformer.resblocks.0.attn.in_proj_weight"}) {
    const auto [message, code] = refusal([&](Tensors& tensors) { tensors.erase(key); });
    EXPECT_THAT(message, HasSubstr("m.safetensors has no tensor \"" + key + "\""));
    EXPECT_EQ(code, ErrorCode::kMismatch);
  }
}

TEST(ClipConfig, AMisshapenTensorIsNamedWithBothShapes) {
  const auto shaped = [](const std::string& key, std::vector<std::int64_t> shape) {
    return refusal([&](Tensors& tensors) { tensors[key] = at::zeros(shape); }).first;
  };
  EXPECT_THAT(shaped("visual.conv1.weight", {128, 1, 14, 14}),
              HasSubstr("\"visual.conv1.weight\" should be of shape [width, 3, patch, patch], and "
                        "is of shape [128, 1, 14, 14]"));
  EXPECT_THAT(shaped("visual.conv1.weight", {100, 3, 14, 14}),
              HasSubstr("a multiple of 64 (the head width) wide, and is 100 wide"));
  EXPECT_THAT(shaped("visual.positional_embedding", {18, 128}),
              HasSubstr("a square grid), and is 18 rows long"));
  EXPECT_THAT(shaped("visual.proj", {128}),
              HasSubstr("\"visual.proj\" should be a tensor of rank 2, and is of shape [128]"));
  EXPECT_THAT(shaped("visual.transformer.resblocks.2.mlp.c_proj.weight", {128, 128}),
              HasSubstr("\"visual.transformer.resblocks.2.mlp.c_proj.weight\" should have shape "
                        "[128, 512] and has [128, 128]"));
  EXPECT_THAT(shaped("text_projection", {64, 32}),
              HasSubstr("should have shape [64, 48] and has [64, 32]"));
}

TEST(ClipConfig, AnUnknownActivationIsRefused) {
  EXPECT_THAT(refusal([](Tensors&) {}, "relu").first,
              HasSubstr("\"activation\" should be quick_gelu or gelu, and is relu"));
}

TEST(ClipConfig, IntegerWeightsAreRefused) {
  const auto [message, code] =
      refusal([](Tensors& t) { t["visual.ln_pre.bias"] = at::zeros({128}, at::kLong); });
  EXPECT_THAT(
      message,
      HasSubstr("\"visual.ln_pre.bias\" should hold floating-point numbers, and holds Long"));
}

TEST(Parameters, NotANumberIsNamed) {
  const auto [message, code] = refusal([](Tensors& t) {
    t["visual.proj"] = at::full({128, 48}, std::numeric_limits<float>::quiet_NaN());
  });
  EXPECT_THAT(message, HasSubstr("\"visual.proj\" holds NaN or infinity"));
  EXPECT_EQ(code, ErrorCode::kNotFinite);
}

TEST(Parameters, AWeightBeyondHalfPrecisionIsNamedThereAndAcceptedInFloat) {
  const std::string key = "visual.transformer.resblocks.0.attn.out_proj.bias";
  const auto huge = [&](Tensors& t) { t[key] = at::full({128}, 1e5); };
  EXPECT_EQ(refusal(huge).first, "");
  EXPECT_THAT(refusal(huge, "", at::kHalf).first,
              HasSubstr(key + "\" holds NaN or infinity in Half"));
}

}  // namespace
}  // namespace anomalyclip
