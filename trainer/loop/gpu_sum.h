#pragma once

#include <memory>

#include <ATen/core/Tensor.h>
#include <torch/csrc/distributed/c10d/Store.hpp>

namespace anomalyclip::trainer {

/// Adds numbers up over processes that have a GPU each, over NCCL.
class GpuSum {
 public:
  virtual ~GpuSum() = default;

  /// Replaces the values by their sum over all processes.
  /// @param values  [n] float64 on the CPU, contiguous, the same n everywhere
  virtual void sum(at::Tensor& values) = 0;
};

/// What the module exports.
struct GpuSumPlace {
  c10::intrusive_ptr<c10d::Store> store;
  int rank, size;
  int gpu;  ///< of this process alone
};
using NewGpuSum = GpuSum* (*)(const GpuSumPlace&);

/// @returns nullptr where the module cannot be opened: says why in `fault`
NewGpuSum open_gpu_sum(std::string& fault);

}  // namespace anomalyclip::trainer
