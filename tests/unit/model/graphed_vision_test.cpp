#include "model/graphed_vision.h"

#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>

#include <gtest/gtest.h>

#include "core/device.h"
#include "golden.h"
#include "hashed_weights.h"

namespace anomalyclip {
namespace {

using testing::kTiny;
using testing::max_difference;
using testing::noise;

const VisionTransformer& tower() {
  static const VisionTransformer model(testing::hashed_weights(kTiny), at::kCPU, at::kFloat);
  return model;
}

/// Keeps what it is to do, and does it again: what a graph would do, were there a GPU.
class Repeater final : public CudaGraph {
 public:
  explicit Repeater(int* replays) : replays_(replays) {}
  void capture(const std::function<void()>& work) override {
    work_ = work;
    work_();
    work_();
  }
  void replay() override {
    ++*replays_;
    work_();
  }

 private:
  int* replays_;
  std::function<void()> work_;
};

/// What cannot be recorded.
class Refuser final : public CudaGraph {
 public:
  void capture(const std::function<void()>&) override { TORCH_CHECK(false, "not here"); }
  void replay() override { FAIL() << "nothing was recorded"; }
};

class Graphed : public ::testing::Test {
 protected:
  VisionFeatures forward(const at::Tensor& images) { return graphed.forward(images, request); }

  const c10::InferenceMode inference;
  VisionRequest request{.features = {2, 8}, .dpam_from = 6};
  int replays = 0, made = 0;
  GraphedVision graphed{tower(), [this](std::string&) {
                          ++made;
                          return std::make_unique<Repeater>(&replays);
                        }};
};

void expect_forward_of(const VisionFeatures& found, const at::Tensor& images,
                       const VisionRequest& request) {
  const VisionFeatures expected = tower().forward(images, request);
  EXPECT_LE(max_difference(found.global, expected.global), 1e-6);
  ASSERT_EQ(found.patches.size(), expected.patches.size());
  for (std::size_t i = 0; i < found.patches.size(); ++i)
    EXPECT_LE(max_difference(found.patches[i].at(0), expected.patches[i].at(0)), 1e-6);
}

TEST_F(Graphed, TheFirstImagesGoThePlainWayAndAllLaterOnesByTheGraph) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    const at::Tensor images = noise(seed, {1, 3, 56, 56});
    expect_forward_of(forward(images), images, request);
  }
  EXPECT_EQ(made, 1);
  EXPECT_EQ(replays, 2);
}

TEST_F(Graphed, WhatOneCallReturnedTheNextLeavesAlone) {
  const at::Tensor first = noise(1, {1, 3, 56, 56});
  forward(first);
  const VisionFeatures kept = forward(first);
  forward(noise(2, {1, 3, 56, 56}));
  expect_forward_of(kept, first, request);
}

TEST_F(Graphed, ABatchASizeAndARequestEachHaveTheirOwn) {
  const at::Tensor shapes[] = {noise(1, {1, 3, 56, 56}), noise(1, {2, 3, 56, 56}),
                               noise(1, {1, 3, 28, 56})};
  for (int round = 0; round < 2; ++round)
    for (const at::Tensor& images : shapes) expect_forward_of(forward(images), images, request);
  EXPECT_EQ(graphed.graphs(), 3u);
  request.features = {8};
  expect_forward_of(forward(shapes[0]), shapes[0], request);
  expect_forward_of(forward(shapes[0]), shapes[0], request);
  EXPECT_EQ(graphed.graphs(), 4u);
}

TEST_F(Graphed, NoMoreThanAFewAreKept) {
  for (std::int64_t batch = 1; batch <= 6; ++batch)
    for (int time = 0; time < 2; ++time) forward(noise(1, {batch, 3, 28, 28}));
  EXPECT_EQ(graphed.graphs(), GraphedVision::kMostGraphs);
}

TEST_F(Graphed, WindowsAreNeverRecorded) {
  request.windows = {2};
  for (int time = 0; time < 3; ++time) forward(noise(1, {1, 3, 56, 56}));
  EXPECT_EQ(made, 0);
}

TEST_F(Graphed, ImagesThatAreRefusedAreNotRemembered) {
  for (int time = 0; time < 3; ++time) EXPECT_ANY_THROW(forward(noise(1, {1, 3, 57, 56})));
  EXPECT_EQ(made, 0);
}

TEST(GraphedVision, AFailedRecordingLeavesThePlainWay) {
  const c10::InferenceMode inference;
  const VisionRequest request{.features = {8}, .dpam_from = 6};
  int made = 0;
  GraphedVision graphed(tower(), [&](std::string&) {
    ++made;
    return std::make_unique<Refuser>();
  });
  for (const std::uint64_t seed : {1, 2, 3, 4}) {
    const at::Tensor images = noise(seed, {1, 3, 56, 56});
    expect_forward_of(graphed.forward(images, request), images, request);
  }
  EXPECT_EQ(made, 1);
}

TEST(GraphedVision, WithoutGraphsThePlainWayIsLeft) {
  const VisionRequest request{.features = {8}, .dpam_from = 6};
  GraphedVision graphed(tower(), [](std::string& fault) {
    fault = "none here";
    return std::unique_ptr<CudaGraph>();
  });
  const at::Tensor images = noise(1, {1, 3, 56, 56});
  for (int time = 0; time < 3; ++time)
    expect_forward_of(graphed.forward(images, request), images, request);
}

TEST(GraphedVision, ReplaysOnAGpuWhatThePlainWayGives) {
  if (!resolve_device("auto").is_cuda()) GTEST_SKIP() << "SKIPPED: no CUDA device on this machine";
  const c10::InferenceMode inference;
  const VisionTransformer on_gpu(testing::hashed_weights(kTiny), at::kCUDA, at::kHalf);
  const VisionRequest request{.features = {2, 8}, .dpam_from = 6};
  GraphedVision graphed(on_gpu);
  for (const std::uint64_t seed : {1, 2, 3}) {
    const at::Tensor images = noise(seed, {1, 3, 56, 56}).to(at::kCUDA);
    const VisionFeatures found = graphed.forward(images, request);
    const VisionFeatures expected = on_gpu.forward(images, request);
    EXPECT_LE(max_difference(found.global.cpu(), expected.global.cpu()), 1e-5);
    EXPECT_LE(max_difference(found.patches[1][0].cpu(), expected.patches[1][0].cpu()), 1e-5);
  }
  EXPECT_EQ(graphed.graphs(), 1u);
}

}  // namespace
}  // namespace anomalyclip
