#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <ATen/core/Generator.h>
#include <c10/core/Device.h>

#include "core/weights.h"
#include "loop/trainable_method.h"
#include "loop/training_set.h"
#include "train/choices.h"

namespace anomalyclip::trainer {

/// A training in the making: how it looks at images is known before they are read, what it learns is made when they are.
class TrainingPlan {
 public:
  virtual ~TrainingPlan() = default;

  /// How images are looked at: that of the prompt file to be.
  virtual const Prompts& recipe() const = 0;
  /// What is read off the image tower.
  virtual VisionRequest request() const = 0;

  virtual int epochs() const = 0;
  virtual int batch_size() const = 0;
  /// Probability that a sample gives way to a mosaic.
  virtual double mosaics() const { return 0; }

  /// Draws the shuffling, behind the initial values.
  virtual at::Generator generator() const = 0;

  /// @param set  looked at
  /// @returns what this plan must outlive
  /// @throws Error kSettings (words too long; nothing in the set to learn from), kMismatch
  virtual std::unique_ptr<TrainableMethod> make(const TrainingSet& set) const = 0;
};

/// What a plan is made of.
struct TrainingStart {
  std::string method;  ///< one of trained_methods()
  const Weights& weights;  ///< of the model; must outlive the plan
  at::Device device;
  std::string init;  ///< prompt file to go on from; empty: none
  std::uint64_t seed = 111;
  Choices choices;  ///< that the method reads: check_choices()
};

/// @throws Error kSettings, kMismatch, and what the initial prompts' file gives
std::unique_ptr<TrainingPlan> plan_training(const TrainingStart& start);

}  // namespace anomalyclip::trainer
