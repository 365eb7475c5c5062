#include "core/weights.h"

#include <gmock/gmock.h>

#include <ATen/ops/zeros.h>

#include <gtest/gtest.h>

#include <anomalyclip/error.h>

namespace anomalyclip {
namespace {

using ::testing::HasSubstr;

std::string message_of(const Weights& weights, const std::string& key, at::IntArrayRef shape) {
  try {
    weights.get(key, shape);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

const Weights kWeights({{"a", at::zeros({2, 3})}}, {{"activation", "gelu"}}, "some.safetensors");

TEST(Weights, MissingTensorIsNamedWithItsFile) {
  EXPECT_THAT(message_of(kWeights, "b", {1}), HasSubstr("some.safetensors has no tensor \"b\""));
}

TEST(Weights, WrongShapeSaysExpectedAndFound) {
  EXPECT_THAT(message_of(kWeights, "a", {3, 2}),
              HasSubstr("should have shape [3, 2] and has [2, 3]"));
}

TEST(Weights, AbsentMetadataIsEmpty) {
  EXPECT_EQ(kWeights.metadata("activation"), "gelu");
  EXPECT_EQ(kWeights.metadata("other"), "");
}

}  // namespace
}  // namespace anomalyclip
