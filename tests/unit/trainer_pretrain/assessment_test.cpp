#include "pretrain/assessment.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "metrics/auroc.h"

namespace anomalyclip::pretrain {
namespace {

int reached(const std::vector<float>& scores, double threshold) {
  return static_cast<int>(
      std::count_if(scores.begin(), scores.end(), [=](float s) { return s >= threshold; }));
}

TEST(ThresholdFor, LetsExactlyTheRejectsReachIt) {
  std::vector<float> scores(1000);
  std::iota(scores.begin(), scores.end(), 0.f);
  for (const int rejects : {0, 1, 5, 20}) {
    std::vector<float> unit = scores;
    for (float& s : unit) s /= 2000.f;
    EXPECT_EQ(reached(unit, threshold_for(unit, rejects)), rejects);
  }
}

TEST(ThresholdFor, RejectsTooFewRatherThanTooManyAmongTies) {
  const std::vector<float> scores{0.9f, 0.5f, 0.5f, 0.5f, 0.1f};
  EXPECT_EQ(reached(scores, threshold_for(scores, 2)), 1);
}

TEST(Auroc, CountsPairsAndTiesAsHalf) {
  EXPECT_DOUBLE_EQ(metrics::auroc({0.1f, 0.4f, 0.35f, 0.8f}, {0, 0, 1, 1}), 0.75);
  EXPECT_DOUBLE_EQ(metrics::auroc({0.5f, 0.5f, 0.5f}, {0, 1, 1}), 0.5);
  EXPECT_NEAR(metrics::auroc({.1f, .4f, .35f, .4f, .8f, .05f, .4f, .9f}, {0, 1, 1, 0, 1, 0, 1, 1}),
              0.8666667, 1e-7);
  EXPECT_TRUE(std::isnan(metrics::auroc({0.5f}, {1})));
}

}  // namespace
}  // namespace anomalyclip::pretrain
