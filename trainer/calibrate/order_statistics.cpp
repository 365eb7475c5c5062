#include "calibrate/order_statistics.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace anomalyclip::trainer {
namespace {

/// The rate at which at most k of n is as unlikely as 1 - confidence: the upper bound. Bisection; the probability falls.
double upper_bound_of(int k, int n, double confidence) {
  double low = 0, high = 1;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (probability_of_at_most(k, n, middle) > 1 - confidence ? low : high) = middle;
  }
  return high;
}

}  // namespace

double probability_of_at_most(int k, int n, double rate) {
  double sum = 0;
  for (int i = 0; i <= std::min(k, n); ++i)
    sum += std::exp(std::lgamma(n + 1.0) - std::lgamma(i + 1.0) - std::lgamma(n - i + 1.0) +
                    i * std::log(rate) + (n - i) * std::log1p(-rate));
  return std::min(sum, 1.0);
}

int images_needed(const Goal& goal) {
  return static_cast<int>(std::ceil(std::log(1 - goal.confidence) / std::log1p(-goal.rate)));
}

double smallest_rate(int n, double confidence) {
  return 1 - std::pow(1 - confidence, 1.0 / n);
}

std::optional<OrderThreshold> threshold_for(std::vector<float> scores, const Goal& goal) {
  const int n = static_cast<int>(scores.size());
  const auto meets = [&](int k) {
    return probability_of_at_most(k, n, goal.rate) <= 1 - goal.confidence;
  };
  if (n == 0 || !meets(0)) return {};
  int k = 0;
  while (k + 1 < n && meets(k + 1)) ++k;
  std::sort(scores.begin(), scores.end(), std::greater<>());
  OrderThreshold out;
  out.images = n;
  out.value =
      std::nextafter(scores[static_cast<std::size_t>(k)], std::numeric_limits<float>::infinity());
  // Equal scores stand or fall together, so that fewer than k may reach it.
  out.rejected = static_cast<int>(
      std::count_if(scores.begin(), scores.end(), [&](float score) { return score >= out.value; }));
  out.upper = upper_bound_of(out.rejected, n, goal.confidence);
  out.expected = (out.rejected + 1.0) / (n + 1.0);
  return out;
}

}  // namespace anomalyclip::trainer
