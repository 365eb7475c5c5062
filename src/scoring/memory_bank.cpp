#include "scoring/memory_bank.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/maximum.h>

namespace anomalyclip {
namespace {

/// References compared at once: a bank of any size needs little memory beside itself.
constexpr std::int64_t kAtOnce = 4096;

}  // namespace

at::Tensor distance_to_nearest(const at::Tensor& features, const at::Tensor& references) {
  const at::Tensor length = at::linalg_vector_norm(features, 2, at::IntArrayRef{-1}, true);
  const at::Tensor unit = features / length.clamp_min(1e-12);  // [B, n, width]
  at::Tensor nearest;
  for (std::int64_t first = 0; first < references.size(0); first += kAtOnce) {
    const at::Tensor cosine = at::matmul(unit, references.slice(0, first, first + kAtOnce).t());
    const at::Tensor largest = cosine.amax(-1);  // [B, n]
    nearest = nearest.defined() ? at::maximum(nearest, largest) : largest;
  }
  return (1 - nearest).clamp_min(0);
}

}  // namespace anomalyclip
