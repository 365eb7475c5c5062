#pragma once

#include <optional>
#include <string>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include "core/weights.h"

namespace anomalyclip {

/// Hands a checkpoint's tensors to the modules that own them, by the checkpoint's names.
/// Cheap to copy; must not outlive the `Weights` that it reads.
class Parameters {
 public:
  /// Tensors come as copies on `device`: matrices in `dtype`, what must stay exact in float32.
  static Parameters copied(const Weights& weights, at::Device device, at::ScalarType dtype) {
    return Parameters(weights, "", Placement{device, dtype});
  }

  /// As copied(), for matrices that are packed at once: they come as they are stored, what must stay exact as copies.
  /// @param packed  whether they have been packed before: then nothing of a matrix is read, and its shape alone checked
  static Parameters to_pack(const Weights& weights, at::Device device, bool packed = false) {
    return Parameters(weights, "", Placement{device, std::nullopt, packed});
  }

  /// Tensors come as they are, so that gradients reach them.
  static Parameters borrowed(const Weights& weights) {
    return Parameters(weights, "", std::nullopt);
  }

  /// The parameters of a sub-module: `in("attn").matrix("out_proj.weight", ...)` reads
  /// "attn.out_proj.weight".
  Parameters in(const std::string& module) const {
    return Parameters(*weights_, prefix_ + module + ".", placement_);
  }

  /// Says that these parameters are not read again: Weights::let_go_of().
  void let_go() const { weights_->let_go_of(prefix_); }

  /// An operand of the transformer's matrix products.
  /// @throws Error kMismatch (missing, misshapen, not floating-point), kNotFinite; each names
  ///         the key
  at::Tensor matrix(const std::string& name, at::IntArrayRef shape) const;

  /// A tensor that stays in float32 whatever the precision: norms, embeddings, projections.
  /// @throws Error as matrix()
  at::Tensor exact(const std::string& name, at::IntArrayRef shape) const;

 private:
  struct Placement {
    at::Device device;
    std::optional<at::ScalarType> dtype;  ///< of matrices; unset: as stored
    bool packed = false;                  ///< matrices are not read
  };

  Parameters(const Weights& weights, std::string prefix, std::optional<Placement> placement)
      : weights_(&weights), prefix_(std::move(prefix)), placement_(placement) {}

  /// @param dtype  unset: as stored, no copy
  at::Tensor take(const std::string& name, at::IntArrayRef shape,
                  std::optional<at::ScalarType> dtype) const;

  const Weights* weights_;
  std::string prefix_;
  std::optional<Placement> placement_;
};

}  // namespace anomalyclip
