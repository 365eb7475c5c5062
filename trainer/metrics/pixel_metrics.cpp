#include "metrics/pixel_metrics.h"

#include <limits>
#include <numeric>

#include "metrics/areas.h"

namespace anomalyclip::metrics {

PixelMetrics pixel_metrics(const PixelPool& pool) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  PixelMetrics out{kNone, kNone, kNone, kNone, kNone, kNone};
  const auto damaged = static_cast<double>(pool.damaged().size());
  const auto normal = static_cast<double>(pool.normal_pixels());
  if (damaged == 0 || normal == 0) return out;

  RocAndPr curves(damaged, normal);
  pool.descend([&](const PixelPool::Step& step) { curves.visit(step); });
  out.auroc = curves.auroc();
  out.ap = curves.ap();
  out.f1_max = curves.f1_max();
  out.aupro = aupro_reference(pool);
  out.aupro_bergmann = aupro_exact(pool);
  const std::vector<double> areas = aupimo(pool);
  if (!areas.empty())
    out.aupimo =
        std::accumulate(areas.begin(), areas.end(), 0.0) / static_cast<double>(areas.size());
  return out;
}

}  // namespace anomalyclip::metrics
