#pragma once

#include <optional>
#include <vector>

namespace anomalyclip::trainer {

/// What is asked of a threshold: that of all good parts that will ever come, at most a share of `rate` reaches it, and that
/// this is true with a certainty of `confidence`.
struct Goal {
  double rate = 0.005;       ///< 0 to 1, both excluded
  double confidence = 0.95;  ///< 0 to 1, both excluded
};

/// A threshold from the scores of good parts.
///
/// Let k of n independent good parts reach it. Whatever the distribution of the scores, the share of all good parts that
/// reach it is then Beta(k + 1, n - k): an order statistic (Clopper and Pearson 1934; Wilks 1941).
struct OrderThreshold {
  float value = 0;      ///< just above a score that was seen
  int images = 0;       ///< n
  int rejected = 0;     ///< k, of the good parts that were seen
  double upper = 0;     ///< at most this share is rejected, with the goal's confidence
  double expected = 0;  ///< the mean of that distribution, (k + 1) / (n + 1)
};

/// How likely it is that at most k of n parts reach a threshold that a share of `rate` reaches: the binomial distribution.
double probability_of_at_most(int k, int n, double rate);

/// How many good parts it takes before any threshold can meet the goal: with fewer, not even the highest score will do.
int images_needed(const Goal& goal);

/// The smallest rate that n good parts can vouch for.
double smallest_rate(int n, double confidence);

/// The lowest threshold that meets the goal; none where there are fewer than images_needed().
std::optional<OrderThreshold> threshold_for(std::vector<float> scores, const Goal& goal);

}  // namespace anomalyclip::trainer
