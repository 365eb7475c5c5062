#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

#include <gtest/gtest.h>

#include "expect_error.h"
#include "golden.h"
#include "hashed_weights.h"
#include "image/load_image.h"
#include "image/preprocess.h"
#include "model/vision_transformer.h"

namespace anomalyclip {
namespace {

using testing::expect_error;
using testing::Golden;
using testing::max_difference;

const VisionTransformer& tiny() {
  static const VisionTransformer model(testing::hashed_weights(testing::kTiny), at::kCPU,
                                       at::kFloat);
  return model;
}

at::Tensor image_of(const std::string& name) {
  const Image image = load_image(testing::golden_path(name));
  at::Tensor tensor = at::zeros({1, 3, 98, 98});
  preprocess(image.view(), {0, 0, image.width, image.height}, 98, tensor.mutable_data_ptr<float>());
  return tensor;
}

/// Plain CLIP as open_clip runs it.
VisionRequest plain() {
  VisionRequest request;
  request.global_ln_post = true;
  request.positions = Interpolation::kBicubic;
  return request;
}

TEST(Windows, EveryWindowIsTheReferences) {
  VisionRequest request = plain();
  request.windows = {2, 3};
  const VisionFeatures found = tiny().forward(image_of("preprocess_333x211.png"), request);
  const Golden golden("methods.safetensors");
  EXPECT_LE(max_difference(found.windows.at(0)[0], golden["windows.2"]), 1e-4);
  EXPECT_LE(max_difference(found.windows.at(1)[0], golden["windows.3"]), 1e-4);
  EXPECT_LE(max_difference(found.global, golden["winclip.global"]), 1e-4);
}

TEST(Windows, AWindowAsLargeAsTheImageIsTheImage) {
  VisionRequest request = plain();
  request.windows = {7};
  const VisionFeatures found = tiny().forward(image_of("preprocess_333x211.png"), request);
  EXPECT_LE(max_difference(found.windows.at(0)[0], found.global), 1e-4);
}

TEST(Windows, ABatchEqualsItsImagesOneByOne) {
  VisionRequest request = plain();
  request.windows = {2};
  const at::Tensor one = image_of("preprocess_333x211.png"), other = image_of("images/rgb.png");
  const at::Tensor both = tiny().forward(at::cat({one, other}), request).windows.at(0);
  EXPECT_LE(max_difference(both[0], tiny().forward(one, request).windows.at(0)[0]), 1e-5);
  EXPECT_LE(max_difference(both[1], tiny().forward(other, request).windows.at(0)[0]), 1e-5);
}

TEST(Windows, SizesThatDoNotFitAreRefused) {
  VisionRequest request = plain();
  request.windows = {8};
  expect_error(
      ErrorCode::kSettings, [&] { tiny().forward(image_of("images/rgb.png"), request); },
      "Windows of 8 patches", "7 patches a side");
  request.windows = {0};
  expect_error(
      ErrorCode::kSettings, [&] { tiny().check(request); }, "at least one patch wide");
}

TEST(RequestOptions, AnotherActivationIsThatOfAModelThatSaysSo) {
  VisionRequest request = plain();
  request.features = {5};
  request.raw_features = true;
  request.activation = Activation::kGelu;
  const VisionFeatures found = tiny().forward(image_of("preprocess_333x211.png"), request);
  const Golden golden("methods.safetensors");
  EXPECT_LE(max_difference(found.global, golden["vand.global"]), 1e-4);
  EXPECT_LE(max_difference(found.patches.at(0).at(0), golden["vand.tokens.5"]), 1e-4);

  const VisionTransformer gelu(
      Weights(testing::hashed_tensors(testing::kTiny), {{"activation", "gelu"}}, "gelu"), at::kCPU,
      at::kFloat);
  request.activation.reset();
  const VisionFeatures same = gelu.forward(image_of("preprocess_333x211.png"), request);
  EXPECT_EQ(max_difference(same.global, found.global), 0);
}

}  // namespace
}  // namespace anomalyclip
