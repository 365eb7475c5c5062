#include <set>

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "data/data_set.h"
#include "expect_error.h"
#include "tree.h"

namespace anomalyclip::trainer {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Tree;

/// "class/defect image mask", paths below the tree; a sample is anomalous where the text has a '!'.
std::vector<std::string> lines(const Tree& tree, const std::vector<Sample>& samples) {
  const auto below = [&](const std::string& path) {
    return path.empty() ? "-" : std::filesystem::relative(path, tree.path()).string();
  };
  std::vector<std::string> out;
  for (const Sample& s : samples)
    out.push_back(s.class_name + "/" + s.defect + (s.anomalous ? "! " : " ") + below(s.image) +
                  " " + below(s.mask));
  return out;
}

std::vector<std::string> problem_files(const Tree& tree, const DataSet& data) {
  std::vector<std::string> out;
  for (const Problem& problem : data.problems)
    out.push_back(std::filesystem::path(problem.file).lexically_relative(tree.path()).string());
  return out;
}

TEST(MvtecLayout, PairsEveryDefectWithItsMask) {
  const Tree tree({"bottle/train/good/000.png", "bottle/test/good/000.png",
                   "bottle/test/crack/000.png", "bottle/test/crack/001.png",
                   "bottle/ground_truth/crack/000_mask.png",
                   "bottle/ground_truth/crack/001_mask.png", "readme.txt"});
  const DataSet data = tree.read();
  EXPECT_THAT(lines(tree, data.train), ElementsAre("bottle/good bottle/train/good/000.png -"));
  EXPECT_THAT(lines(tree, data.test), ElementsAre("bottle/crack! bottle/test/crack/000.png "
                                                  "bottle/ground_truth/crack/000_mask.png",
                                                  "bottle/crack! bottle/test/crack/001.png "
                                                  "bottle/ground_truth/crack/001_mask.png",
                                                  "bottle/good bottle/test/good/000.png -"));
  EXPECT_THAT(data.problems, IsEmpty());
  EXPECT_EQ(data.name, std::filesystem::path(tree.path()).parent_path().filename());
}

TEST(MvtecLayout, ReadsOneClassAloneUnderItsOwnName) {
  const Tree tree({"bottle/test/good/0.png", "bottle/test/bad/0.png"});
  const DataSet data = read_data_set(tree.path("bottle/"));
  EXPECT_EQ(data.name, "bottle");
  EXPECT_THAT(data.classes(), ElementsAre("bottle"));
  EXPECT_EQ(data.test.size(), 2u);
}

TEST(MvtecLayout, NormalPartsOfBtadAreInOk) {
  const Tree tree({"01/train/ok/0000.bmp", "01/test/ok/0000.bmp", "01/test/ko/0000.bmp",
                   "01/ground_truth/ko/0000.png"});
  EXPECT_THAT(lines(tree, tree.read().test),
              ElementsAre("01/ko! 01/test/ko/0000.bmp 01/ground_truth/ko/0000.png",
                          "01/ok 01/test/ok/0000.bmp -"));
}

TEST(MvtecLayout, HeadCtHasNoMasksAndThatIsNoProblem) {
  const Tree tree({"brain/test/good/a.png", "brain/test/hemorrhage/b.png"});
  const DataSet data = tree.read();
  EXPECT_THAT(lines(tree, data.test),
              ElementsAre("brain/good brain/test/good/a.png -",
                          "brain/hemorrhage! brain/test/hemorrhage/b.png -"));
  EXPECT_THAT(data.problems, IsEmpty());
}

TEST(MvtecLayout, MpddDtdAndSddInMvtecsFoldersAreReadToo) {
  const Tree tree({"metal_plate/test/good/0.png", "metal_plate/test/scratches/0.png",
                   "metal_plate/ground_truth/scratches/0_mask.png", "Woven_001/test/bad/0.png",
                   "Woven_001/ground_truth/bad/0_mask.png",
                   "electrical commutators/test/defect/kos01_Part5_0.png",
                   "electrical commutators/ground_truth/defect/kos01_Part5_0.png"});
  const DataSet data = tree.read();
  EXPECT_THAT(data.classes(), ElementsAre("Woven_001", "electrical commutators", "metal_plate"));
  for (const Sample& sample : data.test) EXPECT_EQ(sample.anomalous, !sample.mask.empty());
  EXPECT_THAT(data.problems, IsEmpty());
}

TEST(MvtecLayout, MasksWithoutCommonNamesArePairedInOrderAsTheReferenceDoes) {
  const Tree tree({"c/test/bad/a.png", "c/test/bad/b.png", "c/ground_truth/bad/m1.png",
                   "c/ground_truth/bad/m2.png"});
  EXPECT_THAT(lines(tree, tree.read().test),
              ElementsAre("c/bad! c/test/bad/a.png c/ground_truth/bad/m1.png",
                          "c/bad! c/test/bad/b.png c/ground_truth/bad/m2.png"));
}

TEST(MvtecLayout, NamesWhateverDoesNotFit) {
  const Tree tree({"c/test/bad/0.png", "c/test/bad/1.png", "c/test/bad/notes.txt",
                   "c/test/bad/more/2.png", "c/test/stray.png", "c/ground_truth/bad/1_mask.png",
                   "c/ground_truth/bad/7_mask.png", "c/ground_truth/gone/0_mask.png",
                   "c/other/0.png", "not_a_class/0.png", "c/test/.hidden.png"});
  const DataSet data = tree.read();
  EXPECT_THAT(lines(tree, data.test),
              ElementsAre("c/bad! c/test/bad/0.png -",
                          "c/bad! c/test/bad/1.png c/ground_truth/bad/1_mask.png"));
  EXPECT_THAT(
      problem_files(tree, data),
      ::testing::UnorderedElementsAre("c/test/bad/0.png", "c/test/bad/notes.txt", "c/test/bad/more",
                                      "c/test/stray.png", "c/ground_truth/bad/7_mask.png",
                                      "c/ground_truth/gone", "c/other", "not_a_class"));
}

TEST(VisaLayout, IsReadFromItsTable) {
  Tree tree({"candle/Data/Images/Normal/1.JPG", "candle/Data/Images/Normal/2.JPG",
             "candle/Data/Images/Anomaly/3.JPG", "candle/Data/Masks/Anomaly/3.png"});
  tree.write(
      "split_csv/1cls.csv",
      "object,split,label,image,mask\r\n"
      "candle,train,normal,candle/Data/Images/Normal/1.JPG,\r\n"
      "candle,test,normal,\"candle/Data/Images/Normal/2.JPG\",\r\n"
      "candle,test,anomaly,candle/Data/Images/Anomaly/3.JPG,candle/Data/Masks/Anomaly/3.png\r\n"
      "candle,test,normal,candle/Data/Images/Normal/9.JPG,\r\n");
  const DataSet data = tree.read();
  EXPECT_THAT(lines(tree, data.train),
              ElementsAre("candle/normal candle/Data/Images/Normal/1.JPG -"));
  EXPECT_THAT(lines(tree, data.test),
              ElementsAre("candle/normal candle/Data/Images/Normal/2.JPG -",
                          "candle/anomaly! candle/Data/Images/Anomaly/3.JPG "
                          "candle/Data/Masks/Anomaly/3.png"));
  ASSERT_EQ(data.problems.size(), 1u);
  EXPECT_THAT(data.problems[0].file, HasSubstr("Normal/9.JPG"));
  EXPECT_THAT(data.problems[0].what, HasSubstr("1cls.csv:5"));
}

TEST(VisaLayout, SaysWhichColumnIsMissing) {
  Tree tree({});
  tree.write("split_csv/1cls.csv", "object,split,image,mask\n");
  expect_error(
      ErrorCode::kRead, [&] { tree.read(); }, "no column label");
}

TEST(MetaJsonLayout, KeepsAbsolutePathsAndReadsCapitalKeys) {
  Tree tree({"a/0.png", "b/0.png", "b/0_mask.png"});
  tree.write("meta.json",
             R"({"Train": {}, "Test": {"tile": [
    {"img_path": "a/0.png", "mask_path": "", "cls_name": "tile", "specie_name": "good", "anomaly": 0},
    {"img_path": ")" +
                 tree.path("b/0.png") +
                 R"(", "mask_path": "b/0_mask.png", "specie_name": "crack", "anomaly": 1}]}})");
  const DataSet data = tree.read();
  EXPECT_THAT(lines(tree, data.test),
              ElementsAre("tile/good a/0.png -", "tile/crack! b/0.png b/0_mask.png"));
  EXPECT_THAT(data.problems, IsEmpty());
}

TEST(MetaJsonLayout, NamesItemsWithoutALabelFilesThatAreGoneAndUnknownKeys) {
  Tree tree({"a.png", "b.png"});
  tree.write("meta.json", R"({"valid": {}, "test": {"tile": [
    {"img_path": "a.png"}, {"img_path": "gone.png", "anomaly": 0}, 7, {"img_path": "b.png", "anomaly": 2},
    {"img_path": "a.png", "anomaly": 1, "mask_path": "no_mask.png"}]}})");
  const DataSet data = tree.read();
  EXPECT_THAT(lines(tree, data.test), ElementsAre("tile/! a.png -"));
  EXPECT_THAT(problem_files(tree, data),
              ::testing::UnorderedElementsAre("meta.json: valid", "meta.json: test.tile[0]",
                                              "gone.png", "meta.json: test.tile[2]",
                                              "meta.json: test.tile[3]", "no_mask.png"));
}

TEST(MetaJsonLayout, MustBeAnObject) {
  Tree tree({});
  tree.write("meta.json", "[1, 2");
  expect_error(
      ErrorCode::kRead, [&] { tree.read(); }, "meta.json should be a JSON object");
}

TEST(DagmLayout, APartWithALabelFileIsAnomalous) {
  const Tree tree({"Class1/Train/0001.PNG", "Class1/Test/0001.PNG", "Class1/Test/0002.PNG",
                   "Class1/Test/Label/0002_label.PNG", "Class1/Test/Label/Labels.txt"});
  const DataSet data = tree.read();
  EXPECT_THAT(lines(tree, data.train), ElementsAre("Class1/good Class1/Train/0001.PNG -"));
  EXPECT_THAT(lines(tree, data.test),
              ElementsAre("Class1/good Class1/Test/0001.PNG -",
                          "Class1/defect! Class1/Test/0002.PNG Class1/Test/Label/0002_label.PNG"));
  EXPECT_THAT(data.problems, IsEmpty());
}

TEST(DagmLayout, ALabelWithoutAnImageIsAProblem) {
  const Tree tree({"Class1/Test/0001.PNG", "Class1/Test/Label/0002_label.PNG"});
  const DataSet data = tree.read();
  EXPECT_THAT(lines(tree, data.test), ElementsAre("Class1/good Class1/Test/0001.PNG -"));
  EXPECT_THAT(problem_files(tree, data), ElementsAre("Class1/Test/Label/0002_label.PNG"));
}

TEST(KolektorLayout, EachPictureIsTwoSamplesLabelledByTheirOwnHalf) {
  Tree tree({"kos01/Part0.jpg", "kos01/Part1.jpg", "kos02/Part0.jpg"});
  tree.draw("kos01/Part0_label.bmp", 4, 10, 6, 1);
  tree.draw("kos01/Part1_label.bmp", 4, 10, 0, 0);
  const DataSet data = tree.read();
  ASSERT_EQ(data.test.size(), 4u);
  EXPECT_EQ(data.test[0].part, Part::kTopHalf);
  EXPECT_FALSE(data.test[0].anomalous);
  EXPECT_EQ(data.test[1].part, Part::kBottomHalf);
  EXPECT_TRUE(data.test[1].anomalous);
  EXPECT_FALSE(data.test[2].anomalous || data.test[3].anomalous);
  EXPECT_THAT(data.classes(), ElementsAre("electrical commutators"));
  EXPECT_THAT(problem_files(tree, data), ElementsAre("kos02/Part0.jpg"));  // no label
}

TEST(IsicLayout, MasksLieInTheChallengesFolder) {
  const Tree tree({"skin/test/lesion/ISIC_0000003.jpg",
                   "skin/ISBI2016_ISIC_Part1_Test_GroundTruth/ISIC_0000003_Segmentation.png"});
  const DataSet data = tree.read();
  EXPECT_THAT(
      lines(tree, data.test),
      ElementsAre("skin/lesion! skin/test/lesion/ISIC_0000003.jpg "
                  "skin/ISBI2016_ISIC_Part1_Test_GroundTruth/ISIC_0000003_Segmentation.png"));
  EXPECT_THAT(data.problems, IsEmpty());
}

TEST(ImagesMasksLayout, ColonSetsAreAllAnomalous) {
  const Tree tree({"images/1.png", "images/2.png", "masks/1.png", "masks/2.png"});
  EXPECT_THAT(lines(tree, tree.read().test), ElementsAre("colon/images! images/1.png masks/1.png",
                                                         "colon/images! images/2.png masks/2.png"));
}

TEST(ImagesMasksLayout, EveryOtherFolderOfEndoIsAKindAndGoodIsNormal) {
  const Tree tree({"good/9.jpg", "polyp/1.jpg", "masks/1.jpg", "masks/5.jpg"});
  const DataSet data = tree.read();
  EXPECT_THAT(lines(tree, data.test),
              ElementsAre("colon/good good/9.jpg -", "colon/polyp! polyp/1.jpg masks/1.jpg"));
  EXPECT_THAT(problem_files(tree, data), ElementsAre("masks/5.jpg"));
}

TEST(ThyroidLayout, PairsTestImagesWithTestMasks) {
  const Tree tree({"test-image/0000.jpg", "test-mask/0000.jpg", "trainval-image/0000.jpg",
                   "trainval-mask/0000.jpg"});
  const DataSet data = tree.read();
  EXPECT_THAT(lines(tree, data.test),
              ElementsAre("thyroid/test-image! test-image/0000.jpg test-mask/0000.jpg"));
  EXPECT_EQ(data.train.size(), 1u);
  EXPECT_THAT(data.problems, IsEmpty());
}

TEST(YesNoLayout, BrainMriLiesBelowBrainTumorDataset) {
  const Tree tree(
      {"brain_tumor_dataset/no/1.jpg", "brain_tumor_dataset/yes/Y1.jpg", "no/1.jpg", "yes/Y1.jpg"});
  const DataSet data = tree.read();
  EXPECT_THAT(lines(tree, data.test), ElementsAre("brain/no brain_tumor_dataset/no/1.jpg -",
                                                  "brain/yes! brain_tumor_dataset/yes/Y1.jpg -"));
  EXPECT_THAT(data.problems, IsEmpty());
}

TEST(YesNoLayout, TheUnlabelledPicturesOfBr35hAreNamed) {
  const Tree tree({"no/no0.jpg", "yes/y0.jpg", "pred/pred0.jpg"});
  const DataSet data = tree.read();
  EXPECT_THAT(lines(tree, data.test),
              ElementsAre("brain/no no/no0.jpg -", "brain/yes! yes/y0.jpg -"));
  EXPECT_THAT(problem_files(tree, data), ElementsAre("pred"));
}

TEST(ChestLayout, OnlyNormalAndCovidAreCompared) {
  const Tree tree({"NORMAL/n.png", "COVID-19/c.png", "Viral Pneumonia/v.png"});
  const DataSet data = tree.read();
  EXPECT_THAT(lines(tree, data.test),
              ElementsAre("chest/COVID-19! COVID-19/c.png -", "chest/NORMAL NORMAL/n.png -"));
  EXPECT_THAT(problem_files(tree, data), ElementsAre("Viral Pneumonia"));
}

TEST(GoodAndOtherLayout, EveryFolderButGoodIsAnomalous) {
  const Tree tree({"parts/good/0.png", "parts/dent/0.png", "parts/ground_truth/dent/0_mask.png"});
  const DataSet data = read_data_set(tree.path("parts"));
  EXPECT_THAT(lines(tree, data.test),
              ElementsAre("parts/dent! parts/dent/0.png parts/ground_truth/dent/0_mask.png",
                          "parts/good parts/good/0.png -"));
  EXPECT_THAT(data.problems, IsEmpty());
}

TEST(Layouts, AFolderThatShowsNoneIsRefusedWithWhatWasFound) {
  const Tree tree({"alpha/0.png", "beta/0.png"});
  expect_error(
      ErrorCode::kRead, [&] { tree.read(); }, "alpha/, beta/", "meta.json", "--layout");
  expect_error(
      ErrorCode::kNotFound, [&] { read_data_set(tree.path("gone")); }, "gone");
  expect_error(
      ErrorCode::kNotFound, [&] { read_data_set(tree.path("alpha/0.png")); }, "should be a folder");
}

TEST(Layouts, ADataSetWithoutASingleImageIsRefusedWithItsProblems) {
  const Tree tree({"c/test/good/notes.txt"});
  expect_error(
      ErrorCode::kRead, [&] { tree.read(); }, "no image that could be used", "notes.txt");
}

TEST(Layouts, HaveDistinctNames) {
  std::set<std::string> names;
  for (const Layout layout : layouts()) names.insert(to_string(layout));
  EXPECT_EQ(names.size(), layouts().size());
}

}  // namespace
}  // namespace anomalyclip::trainer
