#include "saliency/saliency.h"

#include <cmath>

#include <gtest/gtest.h>
#include <opencv2/imgproc.hpp>

namespace anomalyclip::saliency {
namespace {

TEST(Saliency, IsHighestOnTheOddSpotWhateverTheMethod) {
  cv::Mat3b picture(128, 128);
  for (int y = 0; y < 128; ++y)
    for (int x = 0; x < 128; ++x) {
      const auto v = static_cast<uchar>(120 + 20 * std::sin(x * 0.9) * std::cos(y * 0.7));
      picture(y, x) = {v, v, v};
    }
  cv::circle(picture, {90, 40}, 6, {230, 40, 40}, cv::FILLED);
  for (const NamedMethod& method : methods()) {
    const cv::Mat1f map = method.map(picture);
    ASSERT_EQ(map.size(), picture.size()) << method.name;
    cv::Point best;
    cv::minMaxLoc(map, nullptr, nullptr, nullptr, &best);
    EXPECT_LT(std::hypot(best.x - 90, best.y - 40), 10) << method.name;
  }
}

TEST(Saliency, IsFiniteOnAFlatPicture) {
  for (const NamedMethod& method : methods())
    EXPECT_TRUE(cv::checkRange(method.map(cv::Mat3b(64, 64, cv::Vec3b(9, 9, 9))))) << method.name;
}

}  // namespace
}  // namespace anomalyclip::saliency
