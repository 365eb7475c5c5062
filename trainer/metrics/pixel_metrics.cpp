#include "metrics/pixel_metrics.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "metrics/pro_curve.h"

namespace anomalyclip::metrics {

PixelMetrics pixel_metrics(const PixelPool& pool) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  PixelMetrics out{kNone, kNone, kNone, kNone, kNone, kNone};
  const auto damaged = static_cast<double>(pool.damaged().size());
  const auto normal = static_cast<double>(pool.normal_pixels());
  if (damaged == 0 || normal == 0) return out;

  double wins = 0, precision_sum = 0, f1 = 0;
  PixelPool::Step last{0, 0, 0, 0};
  pool.descend([&](const PixelPool::Step& step) {
    const auto hits = static_cast<double>(step.damaged);
    const double new_hits = hits - static_cast<double>(last.damaged);
    const auto alarms = static_cast<double>(step.normal);
    // Normal pixels below this score lose against the new hits; equal ones draw.
    wins += new_hits * (normal - (alarms + static_cast<double>(last.normal)) / 2);
    precision_sum += new_hits * hits / (hits + alarms);
    f1 = std::max(f1, 2 * hits / (hits + alarms + damaged));
    last = step;
  });
  out.auroc = wins / (damaged * normal);
  out.ap = precision_sum / damaged;
  out.f1_max = f1;
  out.aupro = aupro_reference(pool);
  out.aupro_bergmann = aupro_exact(pool);
  const std::vector<double> areas = aupimo(pool);
  if (!areas.empty())
    out.aupimo =
        std::accumulate(areas.begin(), areas.end(), 0.0) / static_cast<double>(areas.size());
  return out;
}

}  // namespace anomalyclip::metrics
