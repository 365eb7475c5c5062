#include "model/layer_needs.h"

#include <gtest/gtest.h>

namespace anomalyclip {
namespace {

constexpr int kLayers = 8;

LayerNeeds needs(const VisionRequest& request, int layer) {
  return layer_needs(request, kLayers, layer);
}

TEST(LayerNeeds, TheLastLayersOriginalPathRunsForTheClassTokenAlone) {
  const VisionRequest request{.features = {8}, .dpam_from = 6};
  EXPECT_EQ(needs(request, 7).original, Rows::kAll);
  EXPECT_EQ(needs(request, 8).original, Rows::kClassToken);
  EXPECT_TRUE(needs(request, 8).local);
}

TEST(LayerNeeds, TheLastLayersOriginalPathDoesNotRunWithoutAGlobalFeature) {
  const VisionRequest request{.features = {8}, .dpam_from = 6, .want_global = false};
  EXPECT_EQ(needs(request, 8).original, Rows::kNone);
  EXPECT_TRUE(needs(request, 8).local);
}

TEST(LayerNeeds, WithoutAGlobalFeatureTheLastTapIsTheEnd) {
  const VisionRequest request{.features = {3, 7}, .dpam_from = 6, .want_global = false};
  EXPECT_EQ(last_layer(request, kLayers), 7);
  EXPECT_EQ(last_layer({.features = {3, 7}, .dpam_from = 6}, kLayers), kLayers);
}

TEST(LayerNeeds, TheLocalPathStopsAfterTheLastTap) {
  const VisionRequest request{.features = {7}, .dpam_from = 6};
  EXPECT_FALSE(needs(request, 5).local);
  EXPECT_TRUE(needs(request, 6).local);
  EXPECT_TRUE(needs(request, 7).local);
  EXPECT_FALSE(needs(request, 8).local);
}

TEST(LayerNeeds, WithoutATapBehindItDpamDoesNotStart) {
  const VisionRequest request{.features = {3}, .dpam_from = 6};
  for (int layer = 1; layer <= kLayers; ++layer) EXPECT_FALSE(needs(request, layer).local);
}

TEST(LayerNeeds, APlainTapAtTheLastLayerNeedsEveryToken) {
  const VisionRequest request{.features = {8}, .dpam_from = 0};
  EXPECT_EQ(needs(request, 8).original, Rows::kAll);
  EXPECT_FALSE(needs(request, 8).local);
}

TEST(LayerNeeds, AnEnsembleWithTheOriginalPathNeedsAllItsTokensAtTheLastTap) {
  const VisionRequest request{
      .features = {8}, .dpam_from = 6, .attention = {AttentionKind::kVV, AttentionKind::kQK}};
  EXPECT_EQ(needs(request, 8).original, Rows::kAll);
  EXPECT_TRUE(needs(request, 8).local);
}

}  // namespace
}  // namespace anomalyclip
