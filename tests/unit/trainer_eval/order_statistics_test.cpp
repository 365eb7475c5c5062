#include "calibrate/order_statistics.h"

#include <random>

#include <gtest/gtest.h>

namespace anomalyclip::trainer {
namespace {

std::vector<float> uniform_scores(int count, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> score(0, 1);
  std::vector<float> scores(static_cast<std::size_t>(count));
  for (float& one : scores) one = score(random);
  return scores;
}

TEST(OrderStatistics, TheBinomialDistributionAddsUp) {
  EXPECT_NEAR(probability_of_at_most(0, 10, 0.5), 1 / 1024.0, 1e-12);
  EXPECT_NEAR(probability_of_at_most(5, 10, 0.5), 638 / 1024.0, 1e-12);
  EXPECT_NEAR(probability_of_at_most(10, 10, 0.5), 1, 1e-12);
}

TEST(OrderStatistics, SayHowManyImagesARateTakes) {
  EXPECT_EQ(images_needed({0.005, 0.95}), 598);
  EXPECT_EQ(images_needed({0.05, 0.95}), 59);
  EXPECT_NEAR(smallest_rate(598, 0.95), 0.005, 1e-5);
}

TEST(OrderStatistics, OneImageTooFewGivesNoThreshold) {
  EXPECT_FALSE(threshold_for(uniform_scores(597, 1), {0.005, 0.95}));
  const auto found = threshold_for(uniform_scores(598, 1), {0.005, 0.95});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->rejected, 0);
  EXPECT_LE(found->upper, 0.005);
  EXPECT_FALSE(threshold_for({}, {0.5, 0.5}));
}

TEST(OrderStatistics, MoreImagesAllowMoreOfThemToBeRejected) {
  const auto found = threshold_for(uniform_scores(4000, 2), {0.005, 0.95});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->rejected,
            12);  // Clopper and Pearson's upper bound of 12 in 4000 is 0.00486, of 13 0.00516
  EXPECT_LE(found->upper, 0.005);
  EXPECT_NEAR(found->expected, 13 / 4001.0, 1e-12);
}

TEST(OrderStatistics, EqualScoresStandOrFallTogether) {
  std::vector<float> scores(100, 0.25f);
  scores[0] = 0.75f;
  const auto found = threshold_for(scores, {0.1, 0.95});
  ASSERT_TRUE(found);
  EXPECT_GT(found->value, 0.25f);
  EXPECT_LT(found->value, 0.26f);
  EXPECT_EQ(found->rejected, 1);
}

// Of uniform scores the share above t is 1 - t: so it is known how often the promise was broken.
TEST(OrderStatistics, ThePromiseIsBrokenAsOftenAsItsConfidenceSays) {
  const Goal goal{0.02, 0.9};
  int broken = 0;
  for (std::uint32_t seed = 0; seed < 1000; ++seed)
    broken += 1 - threshold_for(uniform_scores(400, seed), goal)->value > goal.rate;
  // At most one in ten, and not far less, or the threshold would be needlessly high.
  EXPECT_LE(broken, 100 + 3 * 9);
  EXPECT_GE(broken, 40);
}

}  // namespace
}  // namespace anomalyclip::trainer
