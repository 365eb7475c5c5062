#pragma once

#include <functional>
#include <vector>

#include "shape.h"

namespace anomalyclip::pretrain {

/// Runs the function once for each number below `count`, on as many threads, and waits.
using Parallel = std::function<void(const std::function<void(int)>&)>;

struct OptimizerSettings {
  float muon_rate = 2e-3f;  ///< matrices of the blocks
  float adam_rate = 1e-3f;  ///< everything else
  float text_scale = 0.5f;  ///< of adam_rate, for the text tower
  float weight_decay = 0.05f;
  float clip = 1.f;        ///< of the gradient's norm
  float average = 0.998f;  ///< of the exponential moving average of the weights
};

/// Muon (orthogonalised momentum) on the blocks' matrices, AdamW on the rest, and a moving average of the weights,
/// which is what gets shipped. All of its state is in `state`, so that training resumes bit for bit.
class Optimizer {
 public:
  Optimizer(Tensors& weights, const OptimizerSettings& settings);

  /// One step with gradients in the order of the weights' names; `rate` scales both learning rates.
  /// @returns false, and changes nothing, when a gradient is not finite
  bool step(const std::vector<at::Tensor>& gradients, float rate, const Parallel& parallel);

  const Tensors& average() const { return average_; }
  std::int64_t steps() const { return steps_; }

  /// Everything but the weights: `average.*`, `first.*`, `second.*`.
  Tensors state() const;
  void restore(const Tensors& state, std::int64_t steps);

 private:
  void update(const std::string& name, at::Tensor& weight, const at::Tensor& gradient, float rate);

  Tensors& weights_;
  OptimizerSettings settings_;
  Tensors average_, first_, second_;
  std::int64_t steps_ = 0;
};

}  // namespace anomalyclip::pretrain
