#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "loop/trainable_method.h"

namespace anomalyclip::trainer {

/// What one epoch cost: means over its images, as they were when each was seen.
struct EpochRecord {
  int epoch = 0;  ///< from 1
  double loss = 0;
  std::map<std::string, double> terms;  ///< unweighted
  double seconds = 0;
  std::int64_t encoded =
      0;  ///< images that were encoded, not read from the cache, by all processes
};

/// How far a training is.
struct TrainingState {
  int epoch = 0;          ///< epochs done
  std::int64_t step = 0;  ///< batches done of the next one
  at::Tensor order;       ///< state of the shuffling before the next epoch
  EpochRecord running;    ///< of the next epoch so far: sums over its images, not means
  std::vector<EpochRecord> history;
};

/// Writes everything that training goes on from: parameters, the optimiser's state, how far it is.
/// @param settings  what decides the result
void save_checkpoint(const std::string& path, const TrainableMethod::NamedTensors& parameters,
                     const torch::optim::Optimizer& optimizer, const TrainingState& state,
                     const std::map<std::string, std::string>& settings);

/// Restores it, in place.
/// @throws Error kNotFound, kRead, kMismatch (made with other settings: says which)
TrainingState load_checkpoint(const std::string& path,
                              const TrainableMethod::NamedTensors& parameters,
                              torch::optim::Optimizer& optimizer,
                              const std::map<std::string, std::string>& settings);

/// How far the checkpoint is, without restoring it.
TrainingState read_progress(const std::string& path);

}  // namespace anomalyclip::trainer
