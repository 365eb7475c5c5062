#include "image/resize_axis.h"

#include <algorithm>
#include <cmath>

namespace anomalyclip {
namespace {

double filter_value(PillowFilter filter, double x) {
  x = std::abs(x);
  if (filter == PillowFilter::kBilinear) return x < 1 ? 1 - x : 0;
  constexpr double a = -0.5;
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

std::int32_t to_fixed(double weight) {
  const double scaled = weight * (1 << 22);
  return static_cast<std::int32_t>(weight < 0 ? scaled - 0.5 : scaled + 0.5);
}

}  // namespace

ResizeAxis resize_axis(int in, int out, PillowFilter filter) {
  const double scale = static_cast<double>(in) / out, filter_scale = std::max(scale, 1.0);
  const double support = (filter == PillowFilter::kBicubic ? 2.0 : 1.0) * filter_scale;
  const double inverse = 1.0 / filter_scale;
  ResizeAxis axis;
  std::vector<double> weights;
  for (int i = 0; i < out; ++i) {
    const double centre = (i + 0.5) * scale;
    const int first = std::max(0, static_cast<int>(centre - support + 0.5));
    const int last = std::min(in, static_cast<int>(centre + support + 0.5));
    double sum = 0;
    weights.clear();
    for (int j = first; j < last; ++j) {
      weights.push_back(filter_value(filter, (j - centre + 0.5) * inverse));
      sum += weights.back();
    }
    axis.windows.push_back({first, last - first, static_cast<std::int32_t>(axis.weights.size())});
    for (const double weight : weights)
      axis.weights.push_back(to_fixed(sum != 0 ? weight / sum : weight));
  }
  return axis;
}

}  // namespace anomalyclip
