#include "scoring/anomaly_map.h"

#include <cmath>
#include <mutex>
#include <tuple>

#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>

#include "scoring/map_operators.h"

namespace anomalyclip {
namespace {

/// A matrix of doubles, row-major.
struct Matrix {
  Matrix(std::int64_t rows_, std::int64_t columns_)
      : rows(rows_), columns(columns_), values(static_cast<std::size_t>(rows_ * columns_)) {}
  double& at(std::int64_t row, std::int64_t column) {
    return values[static_cast<std::size_t>(row * columns + column)];
  }
  std::int64_t rows, columns;
  std::vector<double> values;
};

/// Sample i of `size` lies between two of `grid` samples, and beyond the outer ones takes their
/// value.
Matrix bilinear(std::int64_t grid, std::int64_t size, Corners corners) {
  Matrix matrix(size, grid);
  const double last = static_cast<double>(std::max<std::int64_t>(1, size - 1));
  for (std::int64_t i = 0; i < size; ++i) {
    const double at = corners == Corners::kAligned
                          ? static_cast<double>(i * (grid - 1)) / last
                          : (static_cast<double>(i) + 0.5) * static_cast<double>(grid) /
                                    static_cast<double>(size) -
                                0.5;
    const double source = std::max(0.0, at);
    const auto left = std::min(static_cast<std::int64_t>(source), grid - 1);
    const double fraction = source - static_cast<double>(left);
    matrix.at(i, left) += 1 - fraction;
    matrix.at(i, std::min(left + 1, grid - 1)) += fraction;
  }
  return matrix;
}

/// Weights -radius..radius of scipy.ndimage.gaussian_filter, each at its offset modulo `period`.
std::vector<double> gaussian_kernel(double sigma, std::int64_t period) {
  const auto radius = static_cast<std::int64_t>(4.0 * sigma + 0.5);
  std::vector<double> kernel(static_cast<std::size_t>(period));
  double sum = 0;
  for (std::int64_t k = -radius; k <= radius; ++k) {
    const double weight = std::exp(-0.5 * static_cast<double>(k * k) / (sigma * sigma));
    kernel[static_cast<std::size_t>((k % period + period) % period)] += weight;
    sum += weight;
  }
  for (double& weight : kernel) weight /= sum;
  return kernel;
}

/// Smooths the columns. Borders are half-sample symmetric, d c b a | a b c d | d c b a: row j is
/// also row -1 - j, and so on with period 2 * rows.
Matrix smoothed(Matrix& input, double sigma) {
  const std::int64_t period = 2 * input.rows;
  const std::vector<double> kernel = gaussian_kernel(sigma, period);
  const auto weight = [&](std::int64_t offset) {
    return kernel[static_cast<std::size_t>((offset + period) % period)];
  };
  Matrix result(input.rows, input.columns);
  for (std::int64_t i = 0; i < input.rows; ++i)
    for (std::int64_t j = 0; j < input.rows; ++j) {
      const double share = weight(j - i) + weight(-1 - j - i);
      for (std::int64_t c = 0; share > 0 && c < input.columns; ++c)
        result.at(i, c) += share * input.at(j, c);
    }
  return result;
}

/// Operators are small and few; a process that tries many sigmas starts over now and then.
class OperatorCache {
 public:
  at::Tensor get(std::int64_t grid, std::int64_t size, double sigma, Corners corners,
                 at::Device device) {
    const Key key{grid, size, sigma, corners, device.str()};
    const std::lock_guard lock(mutex_);
    const auto found = operators_.find(key);
    if (found != operators_.end()) return found->second;
    if (operators_.size() >= 64) operators_.clear();
    return operators_[key] = map_operator(grid, size, sigma, corners).to(device);
  }

 private:
  using Key = std::tuple<std::int64_t, std::int64_t, double, Corners, std::string>;
  std::mutex mutex_;
  std::map<Key, at::Tensor> operators_;
};

/// (abnormal + 1 - normal) / 2, averaged over layers: [B, P].
at::Tensor abnormality(const std::vector<at::Tensor>& layers) {
  at::Tensor sum;
  for (const at::Tensor& layer : layers) {
    const at::Tensor abnormal = (layer.select(-1, 1) + 1 - layer.select(-1, 0)) / 2;  // [B, P]
    sum = sum.defined() ? sum + abnormal : abnormal;
  }
  return sum / static_cast<double>(layers.size());
}

}  // namespace

at::Tensor map_operator(std::int64_t grid, std::int64_t size, double sigma, Corners corners) {
  Matrix matrix = bilinear(grid, size, corners);
  if (sigma > 0) matrix = smoothed(matrix, sigma);
  at::Tensor result = at::empty({size, grid}, at::kFloat);
  std::copy(matrix.values.begin(), matrix.values.end(), result.mutable_data_ptr<float>());
  return result;
}

at::Tensor kept_map_operator(std::int64_t grid, std::int64_t size, double sigma, Corners corners,
                             at::Device device) {
  static OperatorCache cache;
  return cache.get(grid, size, sigma, corners, device);
}

at::Tensor upsample(const at::Tensor& patches, const Size& size, double sigma, Corners corners) {
  const auto axis = [&](std::int64_t dimension, std::int64_t length) {
    return kept_map_operator(patches.size(dimension), length, sigma, corners, patches.device());
  };
  const at::Tensor down = axis(-2, size.height), across = axis(-1, size.width);  // [length, grid]
  return at::matmul(down, at::matmul(patches, across.t()));  // [B, height, width]
}

at::Tensor anomaly_map(const std::vector<at::Tensor>& layers, std::int64_t size, double sigma) {
  const auto side = std::llround(std::sqrt(static_cast<double>(layers.at(0).size(1))));
  return anomaly_map(layers, {side, side}, {size, size}, sigma);
}

at::Tensor anomaly_map(const std::vector<at::Tensor>& layers, const Size& grid, const Size& size,
                       double sigma) {
  const at::Tensor patches = abnormality(layers).unflatten(1, {grid.height, grid.width});
  return upsample(patches, size, sigma).clamp_(0, 1);
}

}  // namespace anomalyclip
