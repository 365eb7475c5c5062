#include "synth/line_video.h"

#include <filesystem>
#include <fstream>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <opencv2/imgproc.hpp>

#include "expect_error.h"
#include "synth/video_writer.h"
#include "temporary_folder.h"

namespace anomalyclip::synth {
namespace {

LineSettings small() {
  LineSettings settings;
  settings.width = 128;
  settings.height = 96;
  settings.seconds = 8;
  settings.fps = 10;
  return settings;
}

TEST(Line, IsAFunctionOfItsSettings) {
  const Line one(small()), two(small());
  for (const int i : {0, 7, one.frames() - 1})
    EXPECT_EQ(cv::norm(one.frame(i), two.frame(i), cv::NORM_INF), 0) << i;
}

TEST(Line, HasGoodAndDefectivePartsAndEveryBoxLiesInTheFrame) {
  const Line line(small());
  std::set<bool> kinds;
  std::set<int> ids;
  for (int i = 0; i < line.frames(); ++i) {
    for (const std::string& text : line.truth(i)) {
      const auto part = nlohmann::json::parse(text);
      kinds.insert(part["defective"].get<bool>());
      ids.insert(part["part"].get<int>());
      EXPECT_EQ(part["frame"], i);
      EXPECT_GE(part["box"]["x"].get<int>(), 0);
      EXPECT_LE(part["box"]["x"].get<int>() + part["box"]["w"].get<int>(), 128);
      EXPECT_EQ(part["defective"].get<bool>(), part.contains("defect"));
    }
  }
  EXPECT_EQ(kinds.size(), 2u);
  EXPECT_EQ(ids.size(), line.parts().size());
}

/// Parts move from right to left at the speed that the truth says: a box's content is found again, shifted.
TEST(Line, MovesItsPartsAsTheTruthSays) {
  const Line line(small());
  const auto box_of = [&](int frame) {
    for (const std::string& text : line.truth(frame)) {
      const auto part = nlohmann::json::parse(text);
      if (part["part"] == 0) return part["box"];
    }
    return nlohmann::json();
  };
  const auto before = box_of(0), after = box_of(3);
  const int moved = before["x"].get<int>() - after["x"].get<int>();
  ASSERT_GT(moved, 5);
  cv::Mat first, later, score;
  cv::cvtColor(line.frame(0), first, cv::COLOR_RGB2GRAY);
  cv::cvtColor(line.frame(3), later, cv::COLOR_RGB2GRAY);
  const cv::Rect window(before["x"], before["y"], before["w"], before["h"]);
  cv::matchTemplate(later, first(window), score, cv::TM_CCOEFF_NORMED);
  cv::Point best;
  cv::minMaxLoc(score, nullptr, nullptr, nullptr, &best);
  EXPECT_NEAR(best.x, window.x - moved, 2);
}

/// OpenCV's warps end there.
TEST(Line, GoesOnBeyond32767PixelsOfBelt) {
  LineSettings settings = small();
  settings.seconds = 800;
  const Line line(settings);
  EXPECT_GT(settings.seconds * 0.35 * settings.width, 32768);
  EXPECT_EQ(line.frame(line.frames() - 1).size(), cv::Size(settings.width, settings.height));
}

/// The part in the middle, as grey values.
cv::Mat1b middle(const cv::Mat3b& frame) {
  cv::Mat grey;
  cv::cvtColor(frame, grey, cv::COLOR_RGB2GRAY);
  return grey(cv::Rect(frame.cols / 4, frame.rows / 4, frame.cols / 2, frame.rows / 2));
}

TEST(Line, DrawsGoodPartsThatAreAlikeWithinARunAndUnlikeBetweenRuns) {
  const Line line(small());
  const cv::Mat1b one = middle(line.good_part(0, 1)), same = middle(line.good_part(0, 1)),
                  like = middle(line.good_part(0, 2)), unlike = middle(line.good_part(1, 1));
  EXPECT_EQ(cv::norm(one, same, cv::NORM_L1), 0);
  EXPECT_GT(cv::norm(one, like, cv::NORM_L1), 0);
  EXPECT_LT(cv::norm(one, like, cv::NORM_L1), cv::norm(one, unlike, cv::NORM_L1));
}

TEST(VideoWriter, WritesAHeaderAndThreePlanesForEachFrame) {
  const testing::TemporaryFolder folder;
  const auto video = VideoWriter::open(folder.file("a.y4m"), 64, 48, 25);
  for (int i = 0; i < 3; ++i) video->write(cv::Mat3b(48, 64, cv::Vec3b(255, 255, 255)));
  video->finish();
  std::ifstream file(folder.file("a.y4m"), std::ios::binary);
  std::string header;
  std::getline(file, header);
  EXPECT_EQ(header, "YUV4MPEG2 W64 H48 F25:1 Ip A1:1 C420jpeg");
  const std::string rest{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(rest.size(), 3u * (6 + 64 * 48 * 3 / 2));
  EXPECT_EQ(static_cast<unsigned char>(rest[6]), 235);  // white, as video has it
}

TEST(VideoWriter, LeavesNothingBehindWhenItWasNotFinished) {
  const testing::TemporaryFolder folder;
  VideoWriter::open(folder.file("a.y4m"), 64, 48, 25)->write(cv::Mat3b(48, 64, cv::Vec3b()));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(VideoWriter, SaysHowToEncodeWhatItDoesNot) {
  testing::expect_error(
      ErrorCode::kSettings, [] { VideoWriter::open("line.mkv", 64, 48, 25); }, "y4mdec");
}

}  // namespace
}  // namespace anomalyclip::synth
