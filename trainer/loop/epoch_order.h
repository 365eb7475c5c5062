#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

namespace anomalyclip::trainer {

/// In which order each epoch visits the samples: the order of the reference implementation's data loader, for any
/// state of the generator that it drew its initial weights with.
class EpochOrder {
 public:
  /// @param generator  a CPU generator, of which this takes possession
  explicit EpochOrder(at::Generator generator) : generator_(std::move(generator)) {}

  /// The next epoch's order of 0..samples-1. All processes draw the same.
  std::vector<std::int64_t> next(std::int64_t samples);

  /// Of the epoch whose order came last, for whatever else it draws by chance. All processes get the same.
  std::uint64_t seed() const { return seed_; }

  /// [n] uint8: to go on from here later.
  at::Tensor state() const { return generator_.get_state(); }
  void restore(const at::Tensor& state) { generator_.set_state(state); }

 private:
  at::Generator generator_;
  std::uint64_t seed_ = 0;
};

}  // namespace anomalyclip::trainer
