#include "loop/feature_cache.h"

#include <ATen/ATen.h>

#include "expect_error.h"
#include "golden.h"
#include "temporary_folder.h"

namespace anomalyclip::trainer {
namespace {

namespace fs = std::filesystem;
using testing::expect_error;
using testing::max_difference;
using testing::TemporaryFolder;

constexpr std::uint64_t kPlenty = 1ull << 30;

VisionFeatures features(std::int64_t patches = 4) {
  at::manual_seed(3);
  VisionFeatures made;
  made.global = at::randn({1, 6});
  made.patches = {{at::randn({1, patches, 6})}, {at::randn({1, patches, 6})}};
  return made;
}

std::vector<fs::path> files_in(const TemporaryFolder& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder.path()))
    if (entry.is_regular_file()) files.push_back(entry.path());
  return files;
}

TEST(FeatureCache, GivesBackWhatItWasGivenRoundedToHalf) {
  const TemporaryFolder folder;
  FeatureCache cache(folder.path(), "recipe", kPlenty);
  EXPECT_FALSE(cache.load("a"));
  ASSERT_TRUE(cache.store("a", features(), {640, 480}));
  const auto found = cache.load("a");
  ASSERT_TRUE(found);
  const VisionFeatures rounded = rounded_to_half(features());
  EXPECT_EQ(max_difference(found->global.to(at::kFloat), rounded.global[0]), 0);
  ASSERT_EQ(found->patches.size(), 2u);
  EXPECT_EQ(max_difference(found->patches[1][0].to(at::kFloat), rounded.patches[1][0][0]), 0);
  EXPECT_EQ(cache.find("a")->width, 640);
  EXPECT_EQ(cache.find("a")->height, 480);
}

TEST(FeatureCache, KeepsRecipesApart) {
  const TemporaryFolder folder;
  FeatureCache(folder.path(), "one", kPlenty).store("a", features(), {1, 1});
  FeatureCache other(folder.path(), "other", kPlenty);
  EXPECT_FALSE(other.load("a"));
  EXPECT_TRUE(FeatureCache(folder.path(), "one", kPlenty).load("a"));
}

TEST(FeatureCache, RemovesAFileThatWasCutShort) {
  const TemporaryFolder folder;
  FeatureCache cache(folder.path(), "recipe", kPlenty);
  cache.store("a", features(), {1, 1});
  fs::resize_file(files_in(folder).at(0), 100);
  EXPECT_FALSE(cache.find("a"));
  EXPECT_FALSE(cache.load("a"));
  EXPECT_TRUE(files_in(folder).empty());
  EXPECT_TRUE(cache.store("a", features(), {1, 1}));
  EXPECT_TRUE(cache.load("a"));
}

TEST(FeatureCache, WhatHasNotBeenUsedForLongestGoesFirst) {
  const TemporaryFolder folder;
  const VisionFeatures large = features(10000);
  const std::uint64_t each = 250'000;  // two fit, three do not
  FeatureCache(folder.path(), "recipe", kPlenty).store("old", large, {1, 1});
  fs::last_write_time(files_in(folder).at(0),
                      fs::file_time_type::clock::now() - std::chrono::hours(1));
  FeatureCache(folder.path(), "recipe", kPlenty).store("young", large, {1, 1});
  FeatureCache cache(folder.path(), "recipe", 2 * each + each / 2);
  EXPECT_TRUE(cache.store("new", large, {1, 1}));
  EXPECT_FALSE(cache.find("old"));
  EXPECT_TRUE(cache.find("young"));
  EXPECT_TRUE(cache.find("new"));
}

TEST(FeatureCache, RefusesWhatWouldPushOutImagesOfTheSameRun) {
  const TemporaryFolder folder;
  const VisionFeatures large = features(10000);
  FeatureCache cache(folder.path(), "recipe", 600'000);
  EXPECT_TRUE(cache.store("a", large, {1, 1}));
  EXPECT_TRUE(cache.store("b", large, {1, 1}));
  EXPECT_FALSE(cache.store("c", large, {1, 1}));
  EXPECT_FALSE(cache.store("c", large, {1, 1}));
  EXPECT_EQ(cache.refused(), 1);
  EXPECT_TRUE(cache.load("a") && cache.load("b"));
}

TEST(FeatureCache, RefusesWhatHalfPrecisionCannotHold) {
  const TemporaryFolder folder;
  FeatureCache cache(folder.path(), "recipe", kPlenty);
  VisionFeatures huge = features();
  huge.global[0][0] = 1e5;
  expect_error(
      ErrorCode::kNotFinite,
      [&] {
        cache.store("a", huge, {1, 1});
      },
      "--no-cache");
}

TEST(FeatureCache, AFolderThatCannotBeMadeIsNamed) {
  const TemporaryFolder folder;
  const std::string file = folder.write("file", "x");
  expect_error(
      ErrorCode::kSettings, [&] { FeatureCache(file + "/below", "recipe", kPlenty); }, file,
      "--cache-dir");
}

}  // namespace
}  // namespace anomalyclip::trainer
