#include "scoring/reaching_rows.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <ATen/ops/from_blob.h>
#include <c10/core/InferenceMode.h>

#include <gtest/gtest.h>

#include "core/cuda_launch.h"
#include "core/device.h"
#include "scoring/regions_element.h"

namespace anomalyclip {
namespace {

constexpr int kWidth = 75, kHeight = 20;
constexpr double kThreshold = 0.7;  // between two floats

struct Sample {
  int x, y;
};

/// Just below the threshold, a row of no numbers, and these samples just above it.
std::vector<float> map_with(const std::vector<Sample>& samples) {
  std::vector<float> map(kWidth * kHeight, 0.7f);  // the float below 0.7
  for (int x = 0; x < kWidth; ++x) map[x] = NAN;
  for (const auto& [x, y] : samples) map[kWidth * y + x] = std::nextafter(0.7f, 1.0f);
  return map;
}

/// What the kernel's lanes find together.
RowRange rows_by_lanes(const std::vector<float>& map) {
  std::int32_t found[2] = {0, 0};
  const ReachJob job{map.data(), kHeight, kWidth, least_float(kThreshold), found};
  for (int row = 0; row < kHeight; ++row)
    for (int lane = 0; lane < kRowLanes; ++lane)
      if (reaches(job, row, lane)) {
        found[0] = std::max(found[0], kHeight - row);
        found[1] = std::max(found[1], row + 1);
      }
  if (found[1] == 0) return {};
  return {kHeight - found[0], found[1] - (kHeight - found[0])};
}

struct Case {
  std::vector<Sample> samples;
  RowRange rows;
};

std::vector<Case> cases() {
  return {{{}, {0, 0}},
          {{{0, 3}}, {3, 1}},
          {{{74, 0}}, {0, 1}},
          {{{40, 19}}, {19, 1}},
          {{{32, 4}, {31, 11}, {1, 7}}, {4, 8}}};
}

at::Tensor tensor_of(std::vector<float>& map) {
  return at::from_blob(map.data(), {kHeight, kWidth}, at::kFloat);
}

TEST(ReachingRows, OfTheLanesAreTheFirstToTheLast) {
  for (const Case& one : cases()) EXPECT_EQ(rows_by_lanes(map_with(one.samples)), one.rows);
}

TEST(ReachingRows, OnTheCpuAreAll) {
  std::vector<float> map = map_with({{0, 3}});
  EXPECT_EQ(reaching_rows(tensor_of(map), kThreshold), (RowRange{0, kHeight}));
}

TEST(ReachingRows, OnAGpuAreTheFirstToTheLast) {
  if (!resolve_device("auto").is_cuda()) GTEST_SKIP() << "SKIPPED: no CUDA device on this machine";
  if (!has_cuda_kernels()) GTEST_SKIP() << "SKIPPED: this build has no CUDA kernels";
  const c10::InferenceMode inference;
  for (const Case& one : cases()) {
    std::vector<float> map = map_with(one.samples);
    EXPECT_EQ(reaching_rows(tensor_of(map).to(at::kCUDA), kThreshold), one.rows);
  }
}

}  // namespace
}  // namespace anomalyclip
