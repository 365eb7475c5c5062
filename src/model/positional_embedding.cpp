#include "model/positional_embedding.h"

#include <cmath>

#include <ATen/ops/_upsample_bicubic2d_aa.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/upsample_bilinear2d.h>

namespace anomalyclip {
namespace {

/// Grids that are kept: a stream uses one, a process a handful.
constexpr std::size_t kKeptGrids = 16;

}  // namespace

PositionalEmbedding::PositionalEmbedding(at::Tensor weight)
    : weight_(std::move(weight)),
      trained_grid_(std::lround(std::sqrt(static_cast<double>(weight_.size(0) - 1)))) {}

at::Tensor PositionalEmbedding::at_grid(const Size& grid, Interpolation interpolation) const {
  if (grid == Size{trained_grid_, trained_grid_}) return weight_;
  if (weight_.requires_grad()) return interpolated(grid, interpolation);
  const std::lock_guard lock(mutex_);
  const Key key{grid.width, grid.height, interpolation};
  const auto found = cache_.find(key);
  if (found != cache_.end()) return found->second;
  if (cache_.size() >= kKeptGrids) cache_.clear();
  return cache_[key] = interpolated(grid, interpolation);
}

at::Tensor PositionalEmbedding::interpolated(const Size& grid, Interpolation interpolation) const {
  const at::Tensor image = weight_
                               .slice(0, 1)  // [g * g, width]
                               .t()          // [width, g * g]
                               .unflatten(1, {trained_grid_, trained_grid_})
                               .unsqueeze(0);  // [1, width, g, g]
  const std::int64_t size[] = {grid.height, grid.width};
  const at::Tensor resized = interpolation == Interpolation::kBicubic
                                 ? at::_upsample_bicubic2d_aa(image, size, /*align_corners=*/false)
                                 : at::upsample_bilinear2d(image, size, /*align_corners=*/false);
  return at::cat({weight_.slice(0, 0, 1), resized.flatten(2)[0].t()});  // [1 + grid.area(), width]
}

}  // namespace anomalyclip
