#pragma once

#include <map>
#include <string>

#include "loop/trainable_method.h"

namespace anomalyclip::trainer {

/// The state of libtorch's Adam or SGD as tensors, by the parameters' names; empty before the first step.
/// @throws Error kSettings (another optimiser)
std::map<std::string, at::Tensor> optimizer_state(const torch::optim::Optimizer& optimizer,
                                                  const TrainableMethod::NamedTensors& parameters);

/// The inverse.
/// @throws Error kSettings, kRead (a tensor is missing or misshapen)
void restore_optimizer(torch::optim::Optimizer& optimizer,
                       const TrainableMethod::NamedTensors& parameters,
                       const std::map<std::string, at::Tensor>& tensors);

}  // namespace anomalyclip::trainer
