#include "optimizer.h"

#include <algorithm>
#include <cmath>

#include <torch/torch.h>

namespace anomalyclip::pretrain {

namespace {

constexpr float kMuonMomentum = 0.95f, kBeta1 = 0.9f, kBeta2 = 0.95f;

bool starts_with(const std::string& text, const char* prefix) {
  return text.rfind(prefix, 0) == 0;
}

bool is_block_matrix(const std::string& name, const at::Tensor& weight) {
  return weight.dim() == 2 && name.find("resblocks") != std::string::npos;
}

bool decays(const std::string& name, const at::Tensor& weight) {
  return weight.dim() > 1 && starts_with(name, "visual.") &&
         name.find("embedding") == std::string::npos;
}

/// The nearest orthogonal matrix, by four Newton-Schulz steps with Muon's coefficients, in bfloat16.
at::Tensor orthogonal(const at::Tensor& matrix) {
  const bool tall = matrix.size(0) > matrix.size(1);
  at::Tensor x = (tall ? matrix.t() : matrix).contiguous();
  x = (x / (x.norm() + 1e-7)).to(at::kBFloat16);
  for (int i = 0; i < 4; ++i) {
    const at::Tensor gram = at::matmul(x, x.t());
    x = 3.4445 * x + at::matmul(-4.7750 * gram + 2.0315 * at::matmul(gram, gram), x);
  }
  x = x.to(at::kFloat);
  return tall ? x.t() : x;
}

/// As many updates as there are matrices: the projections of Q, K and V lie in one tensor.
at::Tensor muon_update(const std::string& name, const at::Tensor& momentum) {
  std::vector<at::Tensor> parts;
  for (const at::Tensor& part :
       name.find("in_proj") != std::string::npos ? momentum.chunk(3) : momentum.chunk(1)) {
    const double longest = static_cast<double>(std::max(part.size(0), part.size(1)));
    parts.push_back(orthogonal(part) * (0.2 * std::sqrt(longest)));
  }
  return at::cat(parts);
}

}  // namespace

Optimizer::Optimizer(Tensors& weights, const OptimizerSettings& settings)
    : weights_(weights), settings_(settings) {
  for (const auto& [name, weight] : weights) {
    average_[name] = weight.clone();
    first_[name] = at::zeros_like(weight);
    if (!is_block_matrix(name, weight)) second_[name] = at::zeros_like(weight);
  }
}

bool Optimizer::step(const std::vector<at::Tensor>& gradients, float rate,
                     const Parallel& parallel) {
  double square = 0;
  for (const at::Tensor& gradient : gradients) square += gradient.square().sum().item<double>();
  if (!std::isfinite(square)) return false;
  const float shrink =
      std::min(1.f, settings_.clip / (static_cast<float>(std::sqrt(square)) + 1e-6f));
  ++steps_;
  std::vector<std::pair<const std::string*, at::Tensor*>> items;
  for (auto& [name, weight] : weights_) items.emplace_back(&name, &weight);
  parallel([&](int thread) {
    for (std::size_t i = static_cast<std::size_t>(thread); i < items.size(); i += 2)
      update(*items[i].first, *items[i].second, gradients[i] * shrink, rate);
  });
  return true;
}

void Optimizer::update(const std::string& name, at::Tensor& weight, const at::Tensor& gradient,
                       float rate) {
  at::Tensor& first = first_.at(name);
  const auto second = second_.find(name);
  if (second == second_.end()) {
    first.mul_(kMuonMomentum).add_(gradient, 1 - kMuonMomentum);
    const float lr = settings_.muon_rate * rate;
    const at::Tensor nesterov = gradient * (1 - kMuonMomentum) + first * kMuonMomentum;
    weight.mul_(1 - lr * settings_.weight_decay).sub_(muon_update(name, nesterov), lr);
  } else {
    const bool visual = starts_with(name, "visual.");
    const float lr = settings_.adam_rate * rate * (visual ? 1.f : settings_.text_scale);
    first.mul_(kBeta1).add_(gradient, 1 - kBeta1);
    second->second.mul_(kBeta2).addcmul_(gradient, gradient, 1 - kBeta2);
    const double bias1 = 1 - std::pow(kBeta1, static_cast<double>(steps_)),
                 bias2 = 1 - std::pow(kBeta2, static_cast<double>(steps_));
    if (decays(name, weight)) weight.mul_(1 - lr * settings_.weight_decay);
    weight.sub_((first / bias1) / ((second->second / bias2).sqrt() + 1e-8), lr);
  }
  const float keep = std::min(settings_.average, 1.f - 1.f / static_cast<float>(steps_ + 1));
  average_.at(name).lerp_(weight, 1 - keep);
}

Tensors Optimizer::state() const {
  Tensors out;
  for (const auto& [name, tensor] : average_) out["average." + name] = tensor;
  for (const auto& [name, tensor] : first_) out["first." + name] = tensor;
  for (const auto& [name, tensor] : second_) out["second." + name] = tensor;
  return out;
}

void Optimizer::restore(const Tensors& state, std::int64_t steps) {
  for (auto& [name, tensor] : average_) tensor.copy_(state.at("average." + name));
  for (auto& [name, tensor] : first_) tensor.copy_(state.at("first." + name));
  for (auto& [name, tensor] : second_) tensor.copy_(state.at("second." + name));
  steps_ = steps;
}

}  // namespace anomalyclip::pretrain
