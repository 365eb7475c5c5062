#include "scoring/regions.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include <anomalyclip/error.h>

namespace anomalyclip {
namespace {

/// A map of 4 columns at threshold 0.5.
std::vector<Region> regions_of(const std::vector<float>& map, const Rect& covers) {
  return find_regions(map.data(), 4, static_cast<int>(map.size()) / 4, 0.5, covers);
}

TEST(Regions, TouchingAtACornerIsOneRegion) {
  const auto regions = regions_of({.9f, 0, 0, 0,  //
                                   0, .6f, 0, 0,  //
                                   0, 0, 0, .7f,  //
                                   0, 0, 0, .5f},
                                  {0, 0, 4, 4});
  ASSERT_EQ(regions.size(), 2u);
  EXPECT_EQ(regions[0].box, (Rect{0, 0, 2, 2}));
  EXPECT_EQ(regions[0].score, .9f);
  EXPECT_EQ(regions[0].area, 2);
  EXPECT_EQ(regions[1].box, (Rect{3, 2, 1, 2}));
  EXPECT_EQ(regions[1].score, .7f);
}

TEST(Regions, BoxesAreFramePixelsRoundedOutward) {
  // Samples are 2.5 x 1.5 pixels: column 1 spans 2.5..5, row 1 spans 1.5..3.
  const auto regions = regions_of({0, 0, 0, 0,  //
                                   0, .8f, 0, 0},
                                  {100, 50, 10, 3});
  ASSERT_EQ(regions.size(), 1u);
  EXPECT_EQ(regions[0].box, (Rect{102, 51, 3, 2}));
  EXPECT_EQ(regions[0].area, 4);  // 3.75
}

TEST(Regions, WholeMapIsTheCoveredRectangleExactly) {
  const auto regions = regions_of(std::vector<float>(12, 1), {7, 9, 641, 479});
  ASSERT_EQ(regions.size(), 1u);
  EXPECT_EQ(regions[0].box, (Rect{7, 9, 641, 479}));
  EXPECT_EQ(regions[0].area, 641 * 479);
}

TEST(Regions, RegionSmallerThanAPixelCountsAsOne) {
  const auto regions = regions_of({0, 0, 0, 1}, {0, 0, 1, 1});
  ASSERT_EQ(regions.size(), 1u);
  EXPECT_EQ(regions[0].box, (Rect{0, 0, 1, 1}));
  EXPECT_EQ(regions[0].area, 1);
}

TEST(Regions, EqualScoresAreOrderedByAreaAndThenByPlace) {
  const auto regions = regions_of({.7f, 0, .7f, 0,  //
                                   0, 0, 0, 0,      //
                                   .7f, .6f, 0, 0},
                                  {0, 0, 4, 3});
  ASSERT_EQ(regions.size(), 3u);
  EXPECT_EQ(regions[0].box, (Rect{0, 2, 2, 1}));
  EXPECT_EQ(regions[1].box, (Rect{0, 0, 1, 1}));
  EXPECT_EQ(regions[2].box, (Rect{2, 0, 1, 1}));
}

TEST(Regions, ThresholdItselfIsInsideAndNanIsNot) {
  EXPECT_EQ(regions_of({.5f, 0, NAN, NAN}, {0, 0, 4, 1}).size(), 1u);
  EXPECT_TRUE(regions_of({.499f, 0, NAN, NAN}, {0, 0, 4, 1}).empty());
}

TEST(Regions, ThresholdBetweenTwoFloatsDividesThem) {
  const float map[] = {.7f, std::nextafter(.7f, 1.f)};
  ASSERT_LT(static_cast<double>(map[0]), .7);
  const auto regions = find_regions(map, 2, 1, .7, {0, 0, 2, 1});
  ASSERT_EQ(regions.size(), 1u);
  EXPECT_EQ(regions[0].box, (Rect{1, 0, 1, 1}));
}

TEST(Regions, RowsAboveAndBelowTheFirstAndTheLastRegionMoveNothing) {
  const auto regions = regions_of({0,   0,   0,   0,  //
                                   0,   0,   .6f, 0,  //
                                   0,   0,   0,   0,  //
                                   .8f, .9f, 0,   0,  //
                                   0,   0,   0,   0},
                                  {0, 0, 4, 5});
  ASSERT_EQ(regions.size(), 2u);
  EXPECT_EQ(regions[0].box, (Rect{0, 3, 2, 1}));
  EXPECT_EQ(regions[0].score, .9f);
  EXPECT_EQ(regions[1].box, (Rect{2, 1, 1, 1}));
  EXPECT_EQ(regions[1].score, .6f);
}

TEST(Regions, OfAMapBelowZeroHaveTheScoreZero) {
  const float map[] = {-.5f, -.25f, -2};
  const auto regions = find_regions(map, 3, 1, -1, {0, 0, 3, 1});
  ASSERT_EQ(regions.size(), 1u);
  EXPECT_EQ(regions[0].score, 0);
  EXPECT_EQ(regions[0].area, 2);
}

TEST(Regions, OnlyTheStrongestAreKept) {
  std::vector<float> map(4 * 4 * kMostRegions, 0);
  for (int i = 0; i < 2 * kMostRegions; ++i) map[8 * i] = .5f + .001f * i;
  const auto regions = regions_of(map, {0, 0, 4, static_cast<int>(map.size()) / 4});
  ASSERT_EQ(regions.size(), static_cast<std::size_t>(kMostRegions));
  EXPECT_EQ(regions.front().score, map[8 * (2 * kMostRegions - 1)]);
  EXPECT_EQ(regions.back().score, map[8 * kMostRegions]);
}

TEST(Regions, EmptyRectangleIsRefused) {
  const float map = 1;
  EXPECT_THROW(find_regions(&map, 1, 1, 0.5, {0, 0, 0, 5}), Error);
}

}  // namespace
}  // namespace anomalyclip
