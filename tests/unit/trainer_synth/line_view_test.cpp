#include "synth/line_view.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <opencv2/imgproc.hpp>

namespace anomalyclip::synth {
namespace {

PartSettings small() {
  PartSettings settings;
  settings.size = 96;
  settings.want_twin = true;
  return settings;
}

bool same(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && cv::norm(a, b, cv::NORM_INF) == 0;
}

TEST(LineView, IsAFunctionOfSeedAndIndex) {
  const Part one = draw_line_view(small(), 5, 3), again = draw_line_view(small(), 5, 3);
  EXPECT_TRUE(same(one.image, again.image) && same(one.mask, again.mask));
  EXPECT_FALSE(same(one.image, draw_line_view(small(), 5, 4).image));
  EXPECT_FALSE(same(one.image, draw_line_view(small(), 6, 3).image));
}

TEST(LineView, IsASquareOfTheSizeAskedFor) {
  for (std::uint64_t index = 0; index < 6; ++index)
    EXPECT_EQ(draw_line_view(small(), 1, index).image.size(), cv::Size(96, 96));
}

TEST(LineView, WithoutADefectEqualsItsTwin) {
  PartSettings settings = small();
  settings.defect_share = 0;
  for (std::uint64_t index = 0; index < 12; ++index) {
    const Part part = draw_line_view(settings, 1, index);
    EXPECT_FALSE(part.defective());
    EXPECT_EQ(cv::countNonZero(part.mask), 0);
    EXPECT_TRUE(same(part.image, part.twin)) << index;
  }
}

TEST(LineView, DiffersFromItsTwinMostWhereItsMaskIs) {
  PartSettings settings = small();
  settings.defect_share = 1;
  int defective = 0;
  for (std::uint64_t index = 0; index < 30; ++index) {
    const Part part = draw_line_view(settings, 2, index);
    if (!part.defective()) continue;
    ++defective;
    cv::Mat difference, grey, near;
    cv::absdiff(part.image, part.twin, difference);
    cv::cvtColor(difference, grey, cv::COLOR_RGB2GRAY);
    cv::dilate(part.mask, near, cv::getStructuringElement(cv::MORPH_ELLIPSE, {15, 15}));
    EXPECT_GT(cv::mean(grey, part.mask)[0], 2 * cv::mean(grey, ~near)[0] + 1)
        << index << ' ' << part.defect;
  }
  EXPECT_GT(defective, 12);
}

TEST(LineView, ShowsNoHeldOutKindWhenDrawnForTraining) {
  PartSettings settings = small();
  settings.repertoire = training_kinds();
  for (std::uint64_t index = 0; index < 60; ++index) {
    const Part part = draw_line_view(settings, 3, index);
    EXPECT_EQ(std::count(std::begin(kHeldOutTextures), std::end(kHeldOutTextures), part.texture), 0)
        << part.texture;
    EXPECT_EQ(std::count(std::begin(kHeldOutShapes), std::end(kHeldOutShapes), part.shape), 0)
        << part.shape;
  }
}

}  // namespace
}  // namespace anomalyclip::synth
