#include "metrics/auroc.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace anomalyclip::metrics {

double auroc(const std::vector<float>& scores, const std::vector<std::uint8_t>& positive) {
  std::vector<std::pair<float, bool>> items(scores.size());
  for (std::size_t i = 0; i < scores.size(); ++i) items[i] = {scores[i], positive[i] != 0};
  std::sort(items.begin(), items.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  double below = 0, wins = 0, positives = 0;
  for (std::size_t i = 0; i < items.size();) {
    double equal_negatives = 0, equal_positives = 0;
    const float score = items[i].first;
    for (; i < items.size() && items[i].first == score; ++i)
      (items[i].second ? equal_positives : equal_negatives) += 1;
    wins += equal_positives * (below + equal_negatives / 2);
    below += equal_negatives;
    positives += equal_positives;
  }
  if (positives == 0 || below == 0) return std::numeric_limits<double>::quiet_NaN();
  return wins / (positives * below);
}

}  // namespace anomalyclip::metrics
