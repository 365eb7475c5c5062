#include "synth/part.h"

#include <algorithm>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <opencv2/imgproc.hpp>

#include "expect_error.h"
#include "synth/defects.h"
#include "synth/textures.h"

namespace anomalyclip::synth {
namespace {

PartSettings small(int size = 64) {
  PartSettings settings;
  settings.size = size;
  return settings;
}

bool same(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && cv::norm(a, b, cv::NORM_INF) == 0;
}

TEST(Part, IsAFunctionOfSeedAndIndexInAnyThread) {
  for (std::uint64_t index = 0; index < 24; ++index) {
    const Part here = draw_part(small(), 5, index);
    Part there;
    std::jthread([&] {
      draw_part(small(32), 9, index + 1);  // what the thread drew before must not matter
      there = draw_part(small(), 5, index);
    }).join();
    EXPECT_TRUE(same(here.image, there.image) && same(here.mask, there.mask) &&
                here.defect == there.defect)
        << index;
  }
}

TEST(Part, DiffersFromIndexToIndexAndFromSeedToSeed) {
  const Part part = draw_part(small(), 5, 0);
  EXPECT_FALSE(same(part.image, draw_part(small(), 5, 1).image));
  EXPECT_FALSE(same(part.image, draw_part(small(), 6, 0).image));
}

TEST(Part, WithoutADefectEqualsItsTwinAndHasAnEmptyMask) {
  PartSettings settings = small();
  settings.defect_share = 0;
  settings.want_twin = true;
  for (std::uint64_t index = 0; index < 20; ++index) {
    const Part part = draw_part(settings, 1, index);
    EXPECT_TRUE(same(part.image, part.twin)) << index;
    EXPECT_EQ(cv::countNonZero(part.mask), 0) << index;
    EXPECT_FALSE(part.defective());
  }
}

/// Light and noise are the same in both pictures, so what is left of their difference is the defect.
TEST(Part, HasItsMaskWhereItDiffersFromItsTwin) {
  PartSettings settings = small(128);
  settings.defect_share = 1;
  settings.want_twin = true;
  int defective = 0;
  for (std::uint64_t index = 0; index < 40; ++index) {
    const Part part = draw_part(settings, 2, index);
    if (!part.defective()) continue;
    ++defective;
    cv::Mat difference, grey, near;
    cv::absdiff(part.image, part.twin, difference);
    cv::cvtColor(difference, grey, cv::COLOR_RGB2GRAY);
    cv::dilate(part.mask, near, cv::getStructuringElement(cv::MORPH_ELLIPSE, {15, 15}));
    EXPECT_GT(cv::mean(grey, part.mask)[0], 3 * cv::mean(grey, ~near)[0] + 1)
        << index << ' ' << part.defect;
  }
  EXPECT_GT(defective, 30);
}

TEST(Part, IsNeverOfAHeldOutKindWhenDrawnForTraining) {
  PartSettings settings = small(32);
  settings.repertoire = training_kinds();
  for (std::uint64_t index = 0; index < 150; ++index) {
    const Part part = draw_part(settings, 3, index);
    EXPECT_EQ(std::count(std::begin(kHeldOutTextures), std::end(kHeldOutTextures), part.texture), 0)
        << part.texture;
    EXPECT_EQ(std::count(std::begin(kHeldOutShapes), std::end(kHeldOutShapes), part.shape), 0)
        << part.shape;
  }
}

TEST(Part, ComesInEveryKindOfTextureShapeAndDefect) {
  std::set<std::string> seen;
  PartSettings settings = small(48);
  settings.defect_share = 1;
  for (std::uint64_t index = 0; index < 1200; ++index) {
    const Part part = draw_part(settings, 4, index);
    seen.insert({part.texture, part.shape, part.defect});
  }
  for (const TextureKind& kind : texture_kinds())
    EXPECT_TRUE(seen.contains(kind.name)) << kind.name;
  for (const ShapeKind& kind : shape_kinds()) EXPECT_TRUE(seen.contains(kind.name)) << kind.name;
  for (const DefectKind& kind : defect_kinds()) EXPECT_TRUE(seen.contains(kind.name)) << kind.name;
}

TEST(Part, OfAnUnknownKindIsRefusedByName) {
  testing::expect_error(
      ErrorCode::kSettings,
      [] {
        named_kinds({"wood", "velvet"});
      },
      "velvet");
}

}  // namespace
}  // namespace anomalyclip::synth
