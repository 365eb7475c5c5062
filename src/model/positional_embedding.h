#pragma once

#include <cstdint>
#include <map>
#include <mutex>

#include <ATen/core/Tensor.h>

namespace anomalyclip {

/// The position embedding of any patch grid, interpolated from the one that was trained.
/// Thread-safe.
class PositionalEmbedding {
 public:
  /// @param weight  [1 + g * g, width], class token first
  explicit PositionalEmbedding(at::Tensor weight);

  /// [1 + grid * grid, width]: bilinear, corners not aligned, no antialiasing, always from the
  /// trained grid. Kept for the next call, unless gradients flow through it.
  at::Tensor at_grid(std::int64_t grid) const;

 private:
  at::Tensor interpolated(std::int64_t grid) const;

  at::Tensor weight_;
  std::int64_t trained_grid_;
  mutable std::mutex mutex_;
  mutable std::map<std::int64_t, at::Tensor> cache_;
};

}  // namespace anomalyclip
