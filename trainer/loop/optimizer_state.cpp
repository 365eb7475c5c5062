#include "loop/optimizer_state.h"

#include <torch/torch.h>

#include <anomalyclip/error.h>

namespace anomalyclip::trainer {
namespace {

using torch::optim::AdamParamState;
using torch::optim::SGDParamState;
using Tensors = std::map<std::string, at::Tensor>;

constexpr const char* kFirst = "optimizer.exp_avg.";
constexpr const char* kSecond = "optimizer.exp_avg_sq.";
constexpr const char* kSteps = "optimizer.step.";
constexpr const char* kMomentum = "optimizer.momentum.";

[[noreturn]] void unknown_optimizer() {
  throw Error(ErrorCode::kSettings,
              "Checkpoints hold the state of Adam and SGD, and this is another optimiser");
}

at::Tensor read(const Tensors& tensors, const std::string& key, const at::Tensor& like) {
  const auto found = tensors.find(key);
  if (found == tensors.end() || !found->second.sizes().equals(like.sizes()))
    throw Error(ErrorCode::kRead, "The checkpoint's tensor \"" + key +
                                      "\" is missing or misshapen: the file is damaged");
  return found->second.to(like.device(), like.scalar_type(), false, /*copy=*/true);
}

}  // namespace

Tensors optimizer_state(const torch::optim::Optimizer& optimizer,
                        const TrainableMethod::NamedTensors& parameters) {
  Tensors tensors;
  for (const auto& [name, parameter] : parameters) {
    const auto found = optimizer.state().find(parameter.unsafeGetTensorImpl());
    if (found == optimizer.state().end()) continue;
    if (const auto* adam = dynamic_cast<const AdamParamState*>(found->second.get())) {
      tensors[kFirst + name] = adam->exp_avg();
      tensors[kSecond + name] = adam->exp_avg_sq();
      tensors[kSteps + name] = at::scalar_tensor(adam->step(), at::kLong);
    } else if (const auto* sgd = dynamic_cast<const SGDParamState*>(found->second.get())) {
      if (sgd->momentum_buffer().defined()) tensors[kMomentum + name] = sgd->momentum_buffer();
    } else {
      unknown_optimizer();
    }
  }
  return tensors;
}

void restore_optimizer(torch::optim::Optimizer& optimizer,
                       const TrainableMethod::NamedTensors& parameters, const Tensors& tensors) {
  const bool is_adam = dynamic_cast<torch::optim::Adam*>(&optimizer) != nullptr;
  if (!is_adam && !dynamic_cast<torch::optim::SGD*>(&optimizer)) unknown_optimizer();
  for (const auto& [name, parameter] : parameters) {
    auto& slot = optimizer.state()[parameter.unsafeGetTensorImpl()];
    if (is_adam && tensors.contains(kSteps + name)) {
      auto state = std::make_unique<AdamParamState>();
      state->step(read(tensors, kSteps + name, at::zeros({}, at::kLong)).item<std::int64_t>());
      state->exp_avg(read(tensors, kFirst + name, parameter));
      state->exp_avg_sq(read(tensors, kSecond + name, parameter));
      slot = std::move(state);
    } else if (!is_adam && tensors.contains(kMomentum + name)) {
      auto state = std::make_unique<SGDParamState>();
      state->momentum_buffer(read(tensors, kMomentum + name, parameter));
      slot = std::move(state);
    } else {
      optimizer.state().erase(parameter.unsafeGetTensorImpl());
    }
  }
}

}  // namespace anomalyclip::trainer
