#include "loop/training_set.h"

#include <gmock/gmock.h>

#include "expect_error.h"
#include "image/load_image.h"
#include "image/save_png.h"
#include "temporary_folder.h"

namespace anomalyclip::trainer {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::HasSubstr;

/// A class in MVTec's layout: two good images, two bad ones with masks.
class Data {
 public:
  Data() {
    for (const char* name : {"good/0", "good/1", "crack/0", "crack/1"})
      picture(std::string("part/test/") + name + ".png", 16, 12, 90);
    picture("part/train/good/0.png", 16, 12, 90);
    for (const char* name : {"0", "1"})
      picture(std::string("part/ground_truth/crack/") + name + "_mask.png", 16, 12, 255);
  }

  void picture(const std::string& name, int width, int height, std::uint8_t level) const {
    Image image{PixelFormat::kGRAY8, width, height, {}};
    image.pixels.assign(static_cast<std::size_t>(width * height), level);
    std::filesystem::create_directories(std::filesystem::path(folder.file(name)).parent_path());
    save_png(folder.file(name), image.view());
  }

  TrainingSet look(const SampleChoice& choice = {}) const {
    TrainingSet set = list_samples({folder.path()}, choice);
    look_at_samples(set, 8, nullptr, [] {});
    return set;
  }

  testing::TemporaryFolder folder;
};

TEST(TrainingSet, TakesTheLabelledTestSplitWithItsMasks) {
  const Data data;
  const TrainingSet set = data.look();
  ASSERT_EQ(set.images.size(), 4u);
  EXPECT_TRUE(set.broken.empty());
  EXPECT_THAT(set.classes(), ElementsAre("part"));
  for (const TrainingImage& image : set.images) {
    EXPECT_TRUE(image.has_mask);
    EXPECT_EQ(image.mask.size(), image.sample.anomalous ? 64u : 0u);
  }
  EXPECT_EQ(data.look({SampleChoice::Split::kTrain, {}}).images.size(), 1u);
  EXPECT_EQ(data.look({SampleChoice::Split::kAll, {}}).images.size(), 5u);
}

TEST(TrainingSet, EqualImagesHaveEqualHashesAndOthersDoNot) {
  const Data data;
  data.picture("part/test/good/1.png", 16, 12, 91);
  const TrainingSet set = data.look();
  std::map<std::string, std::string> hash;
  for (const TrainingImage& image : set.images)
    hash[std::filesystem::path(image.sample.image)
             .lexically_relative(data.folder.path() + "/part/test")
             .string()] = image.hash;
  EXPECT_EQ(hash.at("good/0.png"), hash.at("crack/0.png"));
  EXPECT_NE(hash.at("good/0.png"), hash.at("good/1.png"));
}

TEST(TrainingSet, WhatCannotBeUsedIsNamedAndCounted) {
  const Data data;
  data.folder.write("part/test/good/1.png", "no picture");
  data.picture("part/ground_truth/crack/1_mask.png", 12, 16, 255);
  const TrainingSet set = data.look();
  EXPECT_EQ(set.images.size(), 2u);
  ASSERT_EQ(set.broken.size(), 2u);
  const auto text = [](const Problem& problem) { return problem.file + ": " + problem.what; };
  EXPECT_THAT(std::vector{text(set.broken[0]) + text(set.broken[1])},
              ElementsAre(::testing::AllOf(HasSubstr("good/1.png"), HasSubstr("1_mask.png"),
                                           HasSubstr("which has 16x12 pixels, and has 12x16"))));
}

TEST(TrainingSet, ImagesWithoutMasksHaveNoPartInTheLocalLoss) {
  const Data data;
  std::filesystem::remove(data.folder.file("part/ground_truth/crack/1_mask.png"));
  int with_mask = 0;
  for (const TrainingImage& image : data.look().images) with_mask += image.has_mask ? 1 : 0;
  EXPECT_EQ(with_mask, 3) << "the good ones, whose masks are empty, and the one that has its own";
  std::filesystem::remove_all(data.folder.file("part/ground_truth"));
  for (const TrainingImage& image : data.look().images) EXPECT_FALSE(image.has_mask);
}

TEST(TrainingSet, AClassThatIsNotThereIsNamed) {
  const Data data;
  expect_error(
      ErrorCode::kSettings,
      [&] {
        list_samples({data.folder.path()}, {{}, {"screw"}});
      },
      "\"screw\"", "there are: part");
  expect_error(
      ErrorCode::kNotFound, [] { list_samples({"absent"}, {}); }, "absent");
}

}  // namespace
}  // namespace anomalyclip::trainer
