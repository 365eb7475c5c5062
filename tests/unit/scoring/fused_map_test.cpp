#include "scoring/fused_map.h"

#include <cmath>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

#include <gtest/gtest.h>

#include "core/cuda_launch.h"
#include "core/device.h"
#include "golden.h"
#include "hashed_weights.h"
#include "scoring/anomaly_map.h"
#include "scoring/map_element.h"
#include "scoring/map_operators.h"
#include "scoring/similarity.h"

namespace anomalyclip {
namespace {

using testing::Golden;
using testing::max_difference;

constexpr double kTolerance = 1e-5, kTemperature = 0.07;
constexpr Size kGrid{5, 3}, kSize{44, 27};

/// A layer without a local path, and two with an ensemble of three.
Taps taps() {
  Taps layers;
  std::uint64_t seed = 1;
  for (const std::size_t kinds : {1, 3, 3}) {
    auto& layer = layers.emplace_back();
    for (std::size_t i = 0; i < kinds; ++i) layer.push_back(testing::noise(seed++, {2, 16, 48}));
  }
  return layers;
}

const at::Tensor& text() {
  static const Golden tiny("tiny.safetensors");
  return tiny["text_features"];
}

/// [B, P, 2] for each layer: the CPU's steps.
std::vector<at::Tensor> probabilities(const Taps& layers) {
  std::vector<at::Tensor> found;
  for (const auto& kinds : layers) {
    std::vector<at::Tensor> patches;
    for (const at::Tensor& tokens : kinds) patches.push_back(tokens.slice(1, 1));
    found.push_back(similarity(patches, text(), kTemperature));
  }
  return found;
}

AbnormalityJob job_of(const Taps& layers, float* out) {
  AbnormalityJob job{};
  for (const auto& kinds : layers) {
    for (const at::Tensor& tokens : kinds)
      job.taps[job.tap_count++] = tokens.const_data_ptr<float>();
    job.ends_layer[job.tap_count - 1] = true;
  }
  job.layer_count = static_cast<int>(layers.size());
  job.text = text().const_data_ptr<float>();
  job.temperature = kTemperature;
  job.images = 2;
  job.patches = kGrid.area();
  job.width = 48;
  job.out = out;
  return job;
}

/// What a warp's butterfly leaves, but for the order of the sums.
FeatureSums over_warp(const PatchAbnormality& patch, int tap) {
  FeatureSums total;
  for (int lane = 0; lane < kPatchLanes; ++lane) {
    const FeatureSums part = patch.sums(tap, lane);
    total.normal += part.normal;
    total.abnormal += part.abnormal;
    total.squares += part.squares;
  }
  return total;
}

TEST(MapElements, TheMeanOverPatchesAndLayersIsTheSimilaritys) {
  const Taps layers = taps();
  const at::Tensor found = at::empty({2, kGrid.area()}, at::kFloat);
  const AbnormalityJob job = job_of(layers, found.mutable_data_ptr<float>());
  for (std::int64_t index = 0; index < job.images * job.patches; ++index) {
    PatchAbnormality patch(job, index);
    for (int tap = 0; tap < job.tap_count; ++tap) patch.add(tap, over_warp(patch, tap));
    job.out[index] = patch.mean();
  }
  at::Tensor expected = at::zeros({2, kGrid.area()});
  for (const at::Tensor& layer : probabilities(layers)) expected += layer.select(-1, 1) / 3;
  EXPECT_LE(max_difference(found, expected), kTolerance);
}

TEST(MapElements, EveryValueOfTheMapIsTheTwoProducts) {
  const at::Tensor patches = testing::noise(9, {2, kGrid.height, kGrid.width}, 1) + 0.5;
  for (const double sigma : {0.0, 4.0}) {
    const at::Tensor down = map_operator(kGrid.height, kSize.height, sigma),
                     across = map_operator(kGrid.width, kSize.width, sigma);
    const at::Tensor found = at::empty({2, kSize.height, kSize.width}, at::kFloat);
    const MapJob job{patches.const_data_ptr<float>(),
                     down.const_data_ptr<float>(),
                     across.const_data_ptr<float>(),
                     2,
                     3,
                     5,
                     27,
                     44,
                     found.mutable_data_ptr<float>()};
    float* value = job.map;
    for (int row = 0; row < 2 * job.height; ++row) {
      std::vector<float> columns(job.columns);
      for (int j = 0; j < job.columns; ++j)
        columns[j] = map_column(job, row / job.height, row % job.height, j);
      for (int x = 0; x < job.width; ++x) *value++ = map_value(job, columns.data(), x);
    }
    EXPECT_LE(max_difference(found, upsample(patches, kSize, sigma).clamp(0, 1)), kTolerance);
  }
}

TEST(MapElements, NotANumberStaysNone) {
  const float weight = 1, nan = std::nanf("");
  const MapJob job{&nan, &weight, &weight, 1, 1, 1, 1, 1, nullptr};
  EXPECT_TRUE(std::isnan(map_value(job, &nan, 0)));
}

TEST(FusedMap, IsNotForGradients) {
  EXPECT_FALSE(fuses_map(taps()));
}

TEST(FusedMap, IsTheMapOfSimilaritiesOnTheCpu) {
  const c10::InferenceMode inference;
  const Taps layers = taps();
  ASSERT_TRUE(fuses_map(layers));
  const at::Tensor patches = fused_abnormality(layers, text(), kTemperature);
  for (const double sigma : {0.0, 4.0}) {
    const at::Tensor found = fused_map(patches.unflatten(1, {3, 5}), kSize, sigma);
    EXPECT_LE(max_difference(found, anomaly_map(probabilities(layers), kGrid, kSize, sigma)),
              kTolerance);
  }
}

TEST(FusedMap, KeepsWhatIsNotANumberOnTheCpu) {
  const c10::InferenceMode inference;
  at::Tensor patches = at::zeros({1, 3, 5});
  patches.select(1, 1).fill_(std::nan(""));
  const at::Tensor found = fused_map(patches, kSize, 4);
  EXPECT_TRUE(std::isnan(found.select(1, kSize.height / 2).select(1, 0).item<float>()));
}

TEST(FusedMap, IsTheMapOfSimilaritiesOnAGpu) {
  if (!resolve_device("auto").is_cuda()) GTEST_SKIP() << "SKIPPED: no CUDA device on this machine";
  if (!has_cuda_kernels()) GTEST_SKIP() << "SKIPPED: this build has no CUDA kernels";
  const c10::InferenceMode inference;
  Taps layers = taps();
  for (auto& kinds : layers)
    for (at::Tensor& tokens : kinds) tokens = tokens.to(at::kCUDA);
  ASSERT_TRUE(fuses_map(layers));
  const at::Tensor patches = fused_abnormality(layers, text().to(at::kCUDA), kTemperature);
  for (const double sigma : {0.0, 4.0}) {
    const at::Tensor found = fused_map(patches.unflatten(1, {3, 5}), kSize, sigma);
    EXPECT_LE(max_difference(found.cpu(), anomaly_map(probabilities(taps()), kGrid, kSize, sigma)),
              kTolerance);
  }
}

}  // namespace
}  // namespace anomalyclip
