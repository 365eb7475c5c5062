#include "loop/epoch_order.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/torch.h>

namespace anomalyclip::trainer {

std::vector<std::int64_t> EpochOrder::next(std::int64_t samples) {
  at::Tensor drawn = at::empty({}, at::kLong);
  drawn.random_(generator_);  // its loader draws a seed for worker processes first
  seed_ = static_cast<std::uint64_t>(drawn.item<std::int64_t>());
  drawn.random_(generator_);
  const auto seed = static_cast<std::uint64_t>(drawn.item<std::int64_t>());
  const at::Tensor order = at::randperm(samples, at::detail::createCPUGenerator(seed), at::kLong);
  const auto* first = order.const_data_ptr<std::int64_t>();
  return {first, first + samples};
}

}  // namespace anomalyclip::trainer
