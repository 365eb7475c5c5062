#include "synth/dataset.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include <gtest/gtest.h>
#include <opencv2/imgcodecs.hpp>

#include "expect_error.h"
#include "temporary_folder.h"

namespace anomalyclip::synth {
namespace {

namespace fs = std::filesystem;

std::map<std::string, std::string> files_of(const std::string& folder) {
  std::map<std::string, std::string> out;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    out[fs::relative(entry.path(), folder).string()] = {std::istreambuf_iterator<char>(file), {}};
  }
  return out;
}

DatasetSettings small(const std::string& folder) {
  DatasetSettings settings;
  settings.folder = folder;
  settings.count = 36;
  settings.size = 64;
  settings.kinds = {"leather", "gear"};
  return settings;
}

TEST(Dataset, IsLaidOutAsMvtecsWithAMaskForEveryDefectivePart) {
  const testing::TemporaryFolder folder;
  write_dataset(small(folder.path()), [](int) {});
  const auto files = files_of(folder.path());
  int masks = 0, train = 0, good = 0;
  for (const auto& [name, content] : files) {
    const fs::path path(name);
    const std::string kind = *path.begin(), split = *std::next(path.begin()),
                      what = *std::next(path.begin(), 2);
    EXPECT_TRUE(kind == "leather" || kind == "gear") << name;
    if (split == "train") {
      EXPECT_EQ(what, "good");
      ++train;
    } else if (split == "test" && what == "good") {
      ++good;
    } else if (split == "test") {
      EXPECT_TRUE(
          files.contains(kind + "/ground_truth/" + what + "/" + path.stem().string() + "_mask.png"))
          << name;
    } else {
      EXPECT_EQ(split, "ground_truth");
      ++masks;
    }
  }
  EXPECT_EQ(files.size() - masks, 36u);
  EXPECT_EQ(train, 12);
  EXPECT_GT(masks, 0);
  EXPECT_GT(good, 0);
  const auto mask = std::find_if(files.begin(), files.end(), [](const auto& f) {
    return f.first.find("_mask") != std::string::npos;
  });
  EXPECT_GT(cv::countNonZero(cv::imread(folder.path() + "/" + mask->first, cv::IMREAD_GRAYSCALE)),
            0);
}

TEST(Dataset, IsTheSameBytesEveryTime) {
  const testing::TemporaryFolder one, two;
  write_dataset(small(one.path()), [](int) {});
  write_dataset(small(two.path()), [](int) {});
  EXPECT_EQ(files_of(one.path()), files_of(two.path()));
}

TEST(Dataset, OfOddPicturesIsRefused) {
  const testing::TemporaryFolder folder;
  DatasetSettings settings = small(folder.path());
  settings.size = 65;
  testing::expect_error(
      ErrorCode::kSettings, [&] { write_dataset(settings, [](int) {}); }, "65");
}

}  // namespace
}  // namespace anomalyclip::synth
