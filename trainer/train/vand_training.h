#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <ATen/core/Generator.h>

#include <anomalyclip/prompts.h>

#include "loop/trainable_method.h"

namespace anomalyclip::trainer {

/// VAND's choices, as its authors' code has them.
struct VandSettings {
  Prompts recipe;  ///< of word_method("vand"); `features` are the layers with an adapter
  int epochs = 3;
  double learning_rate = 1e-3, beta1 = 0.5, beta2 = 0.999;  ///< Adam's
  double mosaics = 0.2;  ///< probability that a sample in MVTec's layout gives way to one
};

/// A linear layer from the image tower's tokens into the joint space.
struct Adapter {
  at::Tensor weight;  ///< [D, V]
  at::Tensor bias;    ///< [D]
};
using Adapters = std::map<int, Adapter>;  ///< by the layer (from 1) that they read

/// Untrained adapters, as torch initialises linear layers: uniform within 1 / sqrt(V).
/// @param width, embed  V and D
Adapters draw_adapters(const std::vector<int>& layers, std::int64_t width, std::int64_t embed,
                       at::Generator generator);

/// Trains VAND's adapters (APRIL-GAN) with focal and Dice loss over every tapped layer. Each image is compared with the
/// words for its own class. Images without a mask have no part.
class VandTraining : public TrainableMethod {
 public:
  /// @param initial  one for each layer of the recipe's features; trained from here, copied
  /// @param texts    [2, D] unit rows by class name, for every class of the training data and for
  ///                 `recipe.class_name`, which the file is written for; where training runs
  VandTraining(VandSettings settings, const Adapters& initial,
               std::map<std::string, at::Tensor> texts);

  NamedTensors parameters() const override;
  using TrainableMethod::losses;
  std::vector<LossTerm> losses(const EncodedBatch& batch,
                               const std::vector<at::Tensor>&) const override;
  std::unique_ptr<torch::optim::Optimizer> make_optimizer() const override;
  double learning_rate(int) const override { return settings_.learning_rate; }
  void save(const std::string& path, const std::string& training) const override;
  std::map<std::string, std::string> settings() const override;

 private:
  struct Sums {
    at::Tensor focal, dice;
  };

  void add_losses(const EncodedBatch& batch, const at::Tensor& rows, const at::Tensor& text,
                  Sums& sums) const;
  at::Tensor probabilities(const Adapter& adapter, const at::Tensor& tokens, const at::Tensor& text,
                           std::int64_t size) const;

  VandSettings settings_;
  Adapters adapters_;
  std::map<std::string, at::Tensor> texts_;
};

}  // namespace anomalyclip::trainer
