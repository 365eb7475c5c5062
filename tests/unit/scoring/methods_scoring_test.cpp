#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/upsample_bilinear2d.h>

#include <gtest/gtest.h>

#include "golden.h"
#include "hashed_weights.h"
#include "scoring/anomaly_map.h"
#include "scoring/memory_bank.h"
#include "scoring/windows.h"

namespace anomalyclip {
namespace {

using testing::max_difference;
using testing::noise;

TEST(HarmonicMean, OverWindowsIsThatOfTheOnesThatCoverThePatch) {
  // Windows of 2 x 2 on 3 x 3 patches: one over each corner, all four over the middle.
  const at::Tensor scores = at::tensor({0.1f, 0.2f, 0.4f, 0.5f}).view({1, 4});
  const at::Tensor found = harmonic_mean_over_windows(scores, 2, 3);
  const float edge = 2 / (1 / 0.1f + 1 / 0.2f), middle = 4 / (10 + 5 + 2.5f + 2);
  EXPECT_FLOAT_EQ(found[0][0][0].item<float>(), 0.1f);
  EXPECT_FLOAT_EQ(found[0][0][1].item<float>(), edge);
  EXPECT_FLOAT_EQ(found[0][1][1].item<float>(), middle);
  EXPECT_FLOAT_EQ(found[0][2][2].item<float>(), 0.5f);
}

TEST(HarmonicMean, AWindowThatIsSurelyNormalSilencesItsPatches) {
  const at::Tensor scores = at::tensor({0.0f, 0.9f, 0.9f, 0.9f}).view({1, 4});
  const at::Tensor found = harmonic_mean_over_windows(scores, 2, 3);
  EXPECT_EQ(found[0][1][1].item<float>(), 0);
  EXPECT_FLOAT_EQ(found[0][2][2].item<float>(), 0.9f);
}

TEST(HarmonicMean, OfMapsBroadcasts) {
  const at::Tensor found =
      harmonic_mean({at::tensor({0.5f, 0.25f}), at::tensor({0.5f}), at::tensor({0.5f, 0.5f})});
  EXPECT_FLOAT_EQ(found[0].item<float>(), 0.5f);
  EXPECT_FLOAT_EQ(found[1].item<float>(), 3.0f / 8);
}

TEST(DistanceToNearest, IsThatOfTheNearestWhateverTheFeaturesLength) {
  const at::Tensor bank = at::tensor({1.0f, 0.0f, 0.0f, 1.0f}).view({2, 2});
  const at::Tensor features = at::tensor({3.0f, 0.0f, 4.0f, 3.0f, -1.0f, -1.0f}).view({1, 3, 2});
  const at::Tensor found = distance_to_nearest(features, bank);
  EXPECT_NEAR(found[0][0].item<float>(), 0, 1e-6);
  EXPECT_NEAR(found[0][1].item<float>(), 0.2, 1e-6);
  EXPECT_NEAR(found[0][2].item<float>(), 1 + std::sqrt(0.5), 1e-6);
}

TEST(DistanceToNearest, ABankLargerThanAPieceIsSearchedWhole) {
  at::Tensor bank = at::full({10000, 4}, 0.0f);
  bank.select(1, 0).fill_(1);
  bank[9999] = at::tensor({0.0f, 1.0f, 0.0f, 0.0f});
  const at::Tensor feature = at::tensor({0.0f, 2.0f, 0.0f, 0.0f}).view({1, 1, 4});
  EXPECT_NEAR(distance_to_nearest(feature, bank).item<float>(), 0, 1e-6);
}

TEST(Upsample, WithAlignedCornersIsLibtorchs) {
  const at::Tensor patches = noise(1, {2, 7, 7});
  for (const std::int64_t size : {7, 29, 98}) {
    const at::Tensor expected =
        at::upsample_bilinear2d(patches.unsqueeze(1), {size, size}, /*align_corners=*/true);
    EXPECT_LE(max_difference(upsample(patches, size, 0, Corners::kAligned), expected.squeeze(1)),
              1e-5);
  }
}

}  // namespace
}  // namespace anomalyclip
