#include <algorithm>
#include <cmath>
#include <filesystem>

#include <gtest/gtest.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "eval/evaluator.h"
#include "image/save_png.h"
#include "temporary_folder.h"

namespace anomalyclip::trainer {
namespace {

namespace fs = std::filesystem;

/// A class in MVTec's layout: a plain picture, and one with a red spot.
class Parts {
 public:
  Parts() {
    draw("part/test/good/0.png", 0);
    draw("part/test/spot/0.png", 6);
    cv::Mat1b mask(64, 64, std::uint8_t{0});
    cv::circle(mask, {40, 20}, 6, {255}, cv::FILLED);
    save("part/ground_truth/spot/0_mask.png", mask, PixelFormat::kGRAY8);
  }

  std::string path(const std::string& name = "") const { return folder_.file(name); }

 private:
  void draw(const std::string& name, int radius) const {
    cv::Mat3b picture(64, 64);
    for (int y = 0; y < 64; ++y)
      for (int x = 0; x < 64; ++x) {
        const auto grey =
            static_cast<std::uint8_t>(120 + 20 * std::sin(x * 0.9) * std::cos(y * 0.7));
        picture(y, x) = {grey, grey, grey};
      }
    if (radius > 0) cv::circle(picture, {40, 20}, radius, {230, 40, 40}, cv::FILLED);
    save(name, picture, PixelFormat::kRGB);
  }

  void save(const std::string& name, const cv::Mat& pixels, PixelFormat format) const {
    Image image{format, 64, 64, {pixels.data, pixels.data + pixels.total() * pixels.elemSize()}};
    fs::create_directories(fs::path(path(name)).parent_path());
    save_png(path(name), image.view());
  }

  testing::TemporaryFolder folder_;
};

class SavedMaps : public ::testing::TestWithParam<std::string> {};

TEST_P(SavedMaps, OfSaliencyHoldItsValuesBetweenBlackAndWhite) {
  const Parts parts;
  const Candidate candidate = saliency_candidate(GetParam(), 48);
  EvaluationSettings settings;
  settings.save_maps = parts.path("maps");
  DataSet data = read_data_set(parts.path());
  data.name = "parts";
  Evaluator(nullptr, {candidate}, settings).evaluate(data);
  for (const Sample& sample : data.test) {
    const cv::Mat file =
        cv::imread(parts.path("maps/" + GetParam() + "/parts/part/" + sample.defect + "/0.png"),
                   cv::IMREAD_UNCHANGED);
    ASSERT_EQ(file.size(), cv::Size(48, 48)) << sample.image;
    ASSERT_EQ(file.type(), CV_16UC1);
    const auto image = std::make_shared<const Image>(load_image(sample.image));
    const Verdicts verdicts = inspect_with(nullptr, {candidate}, image)[0].get();
    for (std::size_t i = 0; i < verdicts.map->values.size(); ++i) {
      const float value = verdicts.map->values[i];
      ASSERT_NEAR(file.ptr<std::uint16_t>()[i], 65535 * value / (value + candidate.saliency_unit),
                  0.51);
    }
    EXPECT_LT(*std::max_element(file.begin<std::uint16_t>(), file.end<std::uint16_t>()), 65535);
    if (sample.anomalous) {
      EXPECT_GT(file.at<std::uint16_t>(15, 30), file.at<std::uint16_t>(40, 10));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Methods, SavedMaps, ::testing::ValuesIn(saliency_names()));

}  // namespace
}  // namespace anomalyclip::trainer
