#include "metrics/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace anomalyclip::metrics {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

bool has_both(const LabelledScores& images) {
  const auto normal = std::count(images.anomalous.begin(), images.anomalous.end(), 0);
  return normal > 0 && normal < static_cast<std::ptrdiff_t>(images.anomalous.size());
}

LabelledScores draw(const LabelledScores& images, std::mt19937_64& random) {
  std::uniform_int_distribution<std::size_t> pick(0, images.scores.size() - 1);
  LabelledScores drawn = images;
  do {
    for (std::size_t i = 0; i < images.scores.size(); ++i) {
      const std::size_t from = pick(random);
      drawn.scores[i] = images.scores[from];
      drawn.anomalous[i] = images.anomalous[from];
    }
  } while (!has_both(drawn));
  return drawn;
}

Interval middle(std::vector<double> values) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  if (values.empty()) return {kNone, kNone};
  std::sort(values.begin(), values.end());
  const auto at = [&](double share) {
    return values[static_cast<std::size_t>(
        std::lround(share * static_cast<double>(values.size() - 1)))];
  };
  return {at(0.025), at(0.975)};
}

}  // namespace

ImageIntervals bootstrap_mean(const std::vector<LabelledScores>& classes, int draws,
                              std::uint64_t seed) {
  std::vector<const LabelledScores*> usable;
  for (const LabelledScores& images : classes)
    if (has_both(images)) usable.push_back(&images);
  if (usable.empty() || draws < 1) return {{kNone, kNone}, {kNone, kNone}, {kNone, kNone}};
  std::mt19937_64 random(seed);
  std::vector<double> auroc, ap, f1;
  for (int i = 0; i < draws; ++i) {
    ImageMetrics sum{0, 0, 0};
    for (const LabelledScores* images : usable) {
      const ImageMetrics one = image_metrics(draw(*images, random));
      sum = {sum.auroc + one.auroc, sum.ap + one.ap, sum.f1_max + one.f1_max};
    }
    const auto count = static_cast<double>(usable.size());
    auroc.push_back(sum.auroc / count);
    ap.push_back(sum.ap / count);
    f1.push_back(sum.f1_max / count);
  }
  return {middle(std::move(auroc)), middle(std::move(ap)), middle(std::move(f1))};
}

ImageIntervals bootstrap(const LabelledScores& images, int draws, std::uint64_t seed) {
  return bootstrap_mean({images}, draws, seed);
}

PixelIntervals pixel_intervals(const std::vector<PixelMetrics>& draws) {
  const auto of = [&](double PixelMetrics::*metric) {
    std::vector<double> values;
    for (const PixelMetrics& draw : draws) values.push_back(draw.*metric);
    return middle(std::move(values));
  };
  return {of(&PixelMetrics::auroc),          of(&PixelMetrics::ap),
          of(&PixelMetrics::f1_max),         of(&PixelMetrics::aupro),
          of(&PixelMetrics::aupro_bergmann), of(&PixelMetrics::aupimo)};
}

std::vector<PixelMetrics> mean_of_draws(const std::vector<std::vector<PixelMetrics>>& classes) {
  std::vector<PixelMetrics> means;
  const auto mean = [&](double PixelMetrics::*metric) {
    double sum = 0, count = 0;
    for (const auto& draws : classes) {
      if (draws.empty() || std::isnan(draws[means.size()].*metric)) continue;
      sum += draws[means.size()].*metric;
      ++count;
    }
    return count > 0 ? sum / count : kNone;
  };
  std::size_t most = 0;
  for (const auto& draws : classes) most = std::max(most, draws.size());
  while (means.size() < most)
    means.push_back({mean(&PixelMetrics::auroc), mean(&PixelMetrics::ap),
                     mean(&PixelMetrics::f1_max), mean(&PixelMetrics::aupro),
                     mean(&PixelMetrics::aupro_bergmann), mean(&PixelMetrics::aupimo)});
  return means;
}

}  // namespace anomalyclip::metrics
