#include "scoring/windows.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/reciprocal.h>
#include <ATen/ops/zeros.h>

namespace anomalyclip {
namespace {

/// [B, n, n], a value a window -> [B, grid, grid], the sum of the windows over each patch.
at::Tensor sum_over_windows(const at::Tensor& windows, std::int64_t side, std::int64_t grid) {
  const std::int64_t positions = grid - side + 1;
  at::Tensor sum = at::zeros({windows.size(0), grid, grid}, windows.options());
  for (std::int64_t y = 0; y < side; ++y)
    for (std::int64_t x = 0; x < side; ++x)
      sum.narrow(1, y, positions).narrow(2, x, positions).add_(windows);
  return sum;
}

}  // namespace

at::Tensor harmonic_mean_over_windows(const at::Tensor& scores, std::int64_t side,
                                      std::int64_t grid) {
  const std::int64_t positions = grid - side + 1;
  const at::Tensor windows = scores.unflatten(1, {positions, positions});  // [B, n, n]
  const at::Tensor count =
      sum_over_windows(at::ones({1, positions, positions}, scores.options()), side, grid);
  return count / sum_over_windows(windows.reciprocal(), side, grid);
}

at::Tensor harmonic_mean(const std::vector<at::Tensor>& maps) {
  at::Tensor sum = maps.front().reciprocal();
  for (std::size_t i = 1; i < maps.size(); ++i) sum = sum + maps[i].reciprocal();
  return static_cast<double>(maps.size()) / sum;
}

}  // namespace anomalyclip
