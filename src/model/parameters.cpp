#include "model/parameters.h"

#include <ATen/ops/isfinite.h>

#include <anomalyclip/error.h>

#include "core/finite.h"

namespace anomalyclip {
namespace {

/// Without a copy on a CPU: pages that are freed between those that stay would be lost to the process.
bool is_finite(const at::Tensor& tensor) {
  return tensor.is_cpu() ? all_finite(tensor) : at::isfinite(tensor).all().item<bool>();
}

}  // namespace

at::Tensor Parameters::matrix(const std::string& name, at::IntArrayRef shape) const {
  return take(name, shape, placement_ ? placement_->dtype : std::nullopt);
}

at::Tensor Parameters::exact(const std::string& name, at::IntArrayRef shape) const {
  return take(name, shape, at::kFloat);
}

at::Tensor Parameters::take(const std::string& name, at::IntArrayRef shape,
                            std::optional<at::ScalarType> dtype) const {
  const std::string key = prefix_ + name;
  const at::Tensor& stored = weights_->get(key, shape);
  if (!stored.is_floating_point())
    throw Error(ErrorCode::kMismatch, weights_->source() + ": tensor \"" + key +
                                          "\" should hold floating-point numbers, and holds " +
                                          c10::toString(stored.scalar_type()));
  if (!placement_) return stored;
  const bool is_matrix = !dtype && shape.size() > 1;
  if (placement_->packed && is_matrix) return stored;  // were checked when they were packed
  // A copy even where nothing changes: the original may be a file that somebody truncates while we
  // run.
  const at::Tensor copy =
      dtype ? stored.detach().to(placement_->device, *dtype, /*non_blocking=*/false, /*copy=*/true)
            : stored.detach();
  if (!is_finite(copy))
    throw Error(ErrorCode::kNotFinite, weights_->source() + ": tensor \"" + key +
                                           "\" holds NaN or infinity in " +
                                           c10::toString(copy.scalar_type()) +
                                           "; the file is damaged, or needs a wider precision");
  return copy.contiguous();
}

}  // namespace anomalyclip
