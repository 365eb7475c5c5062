#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <tuple>

#include <ATen/core/Tensor.h>

#include <anomalyclip/prompts.h>

#include "core/size.h"

namespace anomalyclip {

/// The position embedding of any patch grid, interpolated from the one that was trained.
/// Thread-safe.
class PositionalEmbedding {
 public:
  /// @param weight  [1 + g * g, width], class token first
  explicit PositionalEmbedding(at::Tensor weight);

  /// [1 + grid.area(), width], row by row: corners not aligned, always from the trained grid. Bilinear comes
  /// without antialiasing, bicubic with it. Kept for the next call, unless gradients flow through it.
  at::Tensor at_grid(const Size& grid, Interpolation interpolation) const;
  at::Tensor at_grid(std::int64_t grid, Interpolation interpolation) const {
    return at_grid(Size{grid, grid}, interpolation);
  }

 private:
  using Key = std::tuple<std::int64_t, std::int64_t, Interpolation>;

  at::Tensor interpolated(const Size& grid, Interpolation interpolation) const;

  at::Tensor weight_;
  std::int64_t trained_grid_;
  mutable std::mutex mutex_;
  mutable std::map<Key, at::Tensor> cache_;
};

}  // namespace anomalyclip
