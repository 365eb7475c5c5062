#include "model/stacked_attention.h"

#include <atomic>

#include <c10/util/Exception.h>

#include "model/finish_layer.h"

namespace anomalyclip {
namespace {

/// [1, heads, tokens, 64] twice -> [2, heads, tokens, 64], a view; undefined where `second` does not lie at or behind
/// `first` in the same memory.
at::Tensor stacked(const at::Tensor& first, const at::Tensor& second) {
  const std::int64_t step = second.storage_offset() - first.storage_offset();
  if (step < 0 || !first.is_alias_of(second) || first.strides() != second.strides()) return {};
  std::vector<std::int64_t> sizes = first.sizes().vec(), strides = first.strides().vec();
  sizes[0] = 2;
  strides[0] = step;
  return first.as_strided(sizes, strides, first.storage_offset());
}

/// Whether this process' attention has refused a stack before. libtorch chooses among several, which depend on the GPU and
/// on its libraries; a stack's step of zero or less than an image is more than it promises for all of them.
std::atomic<bool> refused = false;

/// attend() of two paths; undefined where they cannot be stacked in this order.
at::Tensor attend_both(const Heads& first, const Heads& second) try {
  const at::Tensor query = stacked(first.query, second.query), key = stacked(first.key, second.key),
                   value = stacked(first.value, second.value);
  if (!query.defined() || !key.defined() || !value.defined()) return {};
  return attend(query, key, value);
} catch (const c10::OutOfMemoryError&) {
  throw;
} catch (const c10::Error& error) {
  if (!refused.exchange(true))
    TORCH_WARN("The two paths of a layer are attended one by one: ",
               error.what_without_backtrace());
  return {};
}

}  // namespace

std::optional<StackedPaths> attend_stacked(const Heads& heads, const at::Tensor& attending) {
  if (heads.value.size(0) != 1 || refused) return std::nullopt;
  const Heads local{attending, attending, heads.value};
  if (const at::Tensor collected = attend_both(heads, local); collected.defined())
    return StackedPaths{collected, 0, 1};
  if (const at::Tensor collected = attend_both(local, heads); collected.defined())
    return StackedPaths{collected, 1, 0};
  return std::nullopt;
}

std::optional<DualPath> stacked_dpam_layer(const ResidualBlock& block, const DualPath& x,
                                           const Heads& heads, const at::Tensor& attending) {
  const std::optional<StackedPaths> paths = attend_stacked(heads, attending);
  if (!paths) return std::nullopt;
  const at::Tensor projected = block.attn.out_proj(paths->collected);  // [2, tokens, width]
  return DualPath{{x.local[0] + projected.narrow(0, paths->local, 1)},
                  finish_layer(block, x.original, projected.narrow(0, paths->original, 1))};
}

}  // namespace anomalyclip
