#include "metrics/pro_curve.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

#include "metrics/areas.h"

namespace anomalyclip::metrics {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

std::size_t count_above(const std::vector<float>& ascending, float threshold) {
  return static_cast<std::size_t>(ascending.end() -
                                  std::upper_bound(ascending.begin(), ascending.end(), threshold));
}

/// The least and the greatest score of the pool.
std::pair<float, float> range_of(const PixelPool& pool) {
  float least = std::numeric_limits<float>::infinity(), greatest = -least;
  for (const auto* scores : {&pool.of_good_images(), &pool.beside_damage()})
    if (!scores->empty()) {
      least = std::min(least, scores->front());
      greatest = std::max(greatest, scores->back());
    }
  if (!pool.damaged().empty()) {
    least = std::min(least, pool.damaged().front().score);
    greatest = std::max(greatest, pool.damaged().back().score);
  }
  return {least, greatest};
}

/// One threshold of AUPIMO's curve.
struct RatePoint {
  double log_rate;
  float threshold;
};

/// Distinct values of the good images' pixels, descending, whose rate is within the bounds, with the neighbours that
/// enclose the bounds. Where even one pixel is a higher rate than `least`, a step leads up to it.
std::vector<RatePoint> rate_points(const std::vector<float>& good, double least, double greatest) {
  const float above = std::nextafter(good.back(), std::numeric_limits<float>::infinity());
  std::vector<RatePoint> points = {{std::log(least), above}};
  const auto pixels = static_cast<double>(good.size());
  double rate = 0;
  for (std::size_t left = good.size(); left > 0 && rate < greatest;) {
    const float value = good[left - 1];
    while (left > 0 && good[left - 1] == value) --left;
    rate = static_cast<double>(good.size() - left) / pixels;
    if (rate <= least)
      points.clear();
    else if (points.back().threshold == above)
      points.push_back({std::log(rate), above});
    points.push_back({std::log(rate), value});
  }
  return points;
}

/// For each point, how much of the range a pixel found from there on contributes: trapezoids, cut at the bounds.
std::vector<double> weights_of(const std::vector<RatePoint>& points, double from, double to) {
  std::vector<double> weights(points.size() + 1, 0.0);
  // A pixel that appears at point k is a ramp over (k - 1, k) and whole from k on.
  for (std::size_t k = points.size(); k-- > 0;) {
    const double here = std::clamp(points[k].log_rate, from, to);
    double ramp = 0;
    if (k > 0) {
      const double a = points[k - 1].log_rate, b = points[k].log_rate;
      const double lo = std::clamp(a, from, to), hi = here;
      if (b > a) ramp = (hi - lo) * ((hi - a) + (lo - a)) / 2 / (b - a);
    }
    weights[k] = (ramp + (to - here)) / (to - from);
  }
  return weights;
}

}  // namespace

std::vector<float> reference_thresholds(float least, float greatest) {
  std::vector<float> thresholds;
  const float step = (greatest - least) / 200;
  if (!(step > 0)) return thresholds;
  const auto count = static_cast<std::size_t>(std::ceil((greatest - least) / step));
  const float numpy_step = (least + step) - least;
  for (std::size_t i = 0; i < count; ++i)
    thresholds.push_back(least + static_cast<float>(i) * numpy_step);
  return thresholds;
}

double area_of_reference_curve(const std::vector<ProPoint>& points) {
  std::vector<ProPoint> kept;
  std::copy_if(points.begin(), points.end(), std::back_inserter(kept),
               [](const ProPoint& point) { return point.false_positive_rate < 0.3; });
  if (kept.empty()) return kNone;
  const auto by_rate = [](const ProPoint& a, const ProPoint& b) {
    return a.false_positive_rate < b.false_positive_rate;
  };
  const auto [low, high] = std::minmax_element(kept.begin(), kept.end(), by_rate);
  const double span = high->false_positive_rate - low->false_positive_rate;
  if (!(span > 0)) return kNone;
  double area = 0;
  for (std::size_t i = 1; i < kept.size(); ++i)
    area += (kept[i - 1].false_positive_rate - kept[i].false_positive_rate) / span *
            (kept[i - 1].overlap + kept[i].overlap) / 2;
  return area;
}

double aupro_reference(const PixelPool& pool) {
  if (pool.regions().empty() || pool.normal_pixels() == 0) return kNone;
  const auto [least, greatest] = range_of(pool);
  const std::vector<float> thresholds = reference_thresholds(least, greatest);
  std::vector<ProPoint> points(thresholds.size());
  std::size_t left = pool.damaged().size();
  double overlap = 0;
  for (std::size_t i = thresholds.size(); i-- > 0;) {
    for (; left > 0 && pool.damaged()[left - 1].score > thresholds[i]; --left)
      overlap += 1.0 / pool.regions()[pool.damaged()[left - 1].region].pixels;
    const std::size_t alarms = count_above(pool.of_good_images(), thresholds[i]) +
                               count_above(pool.beside_damage(), thresholds[i]);
    points[i] = {static_cast<double>(alarms) / static_cast<double>(pool.normal_pixels()),
                 overlap / static_cast<double>(pool.regions().size())};
  }
  return area_of_reference_curve(points);
}

double aupro_exact(const PixelPool& pool, double limit) {
  if (pool.regions().empty() || pool.normal_pixels() == 0) return kNone;
  ProArea area(static_cast<double>(pool.normal_pixels()),
               static_cast<double>(pool.regions().size()), limit);
  pool.descend([&](const PixelPool::Step& step) { area.visit(step); });
  return area.area();
}

std::vector<double> aupimo(const PixelPool& pool, double least, double greatest) {
  if (pool.of_good_images().empty()) return {};
  const std::vector<RatePoint> points = rate_points(pool.of_good_images(), least, greatest);
  const std::vector<double> weights = weights_of(points, std::log(least), std::log(greatest));
  std::vector<double> areas(pool.damaged_images().size(), 0.0);
  for (const PixelPool::Damaged& pixel : pool.damaged()) {
    const auto found =
        std::partition_point(points.begin(), points.end(),
                             [&](const RatePoint& point) { return point.threshold > pixel.score; });
    areas[pool.regions()[pixel.region].image] +=
        weights[static_cast<std::size_t>(found - points.begin())];
  }
  for (std::size_t i = 0; i < areas.size(); ++i) areas[i] /= pool.damaged_images()[i];
  return areas;
}

}  // namespace anomalyclip::metrics
