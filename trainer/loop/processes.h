#pragma once

#include <ATen/core/Tensor.h>

namespace anomalyclip::trainer {

/// The processes that train together; this class is the case of one alone.
class Processes {
 public:
  virtual ~Processes() = default;

  virtual int rank() const { return 0; }  ///< of this process, from 0; rank 0 writes the files
  virtual int size() const { return 1; }

  /// Replaces the values by their sum over all processes, which call this the same number of times. They get the same
  /// bits.
  /// @param values  [n] float64 on the CPU, contiguous, the same n everywhere
  /// @throws Error kDevice (another process is gone)
  virtual void sum(at::Tensor& values) { (void)values; }

  /// Sums go over NCCL from here on where every process has a GPU of its own, and its number in its machine is the GPU's.
  /// All processes call this, with the device that they train on.
  virtual void use(const at::Device& device) { (void)device; }

  /// Says that this process is done, and waits until all are. To be called once, last, and not after an error: then the
  /// process has to end at once, which tells the others.
  virtual void leave() {}

  bool first() const { return rank() == 0; }
};

}  // namespace anomalyclip::trainer
