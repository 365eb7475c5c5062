#pragma once

#include <map>
#include <string>
#include <vector>

#include <anomalyclip/prompts.h>

#include "loop/trainable_method.h"
#include "text/prompt_learner.h"
#include "train/initial_prompts.h"

namespace anomalyclip::trainer {

/// AnomalyCLIP's choices (paper section 4.1). The defaults gave the published numbers.
struct PromptTrainingSettings {
  /// What the prompt file will say, its words included; all but the text features.
  Prompts recipe;
  PromptShape shape;
  /// Each image is compared with prompts of its own class's name (Table 7, without T2). The prompt file is
  /// then written for `recipe.class_name`.
  bool object_aware = false;
  bool global = true, focal = true,
       dice = true;   ///< which terms of the loss are on (Tables 5 and 11)
  double lambda = 4;  ///< weight of the local terms
  double learning_rate = 1e-3, beta1 = 0.5, beta2 = 0.999;  ///< Adam's
};

/// "metal_nut" -> "metal nut": a class's name as it stands in a prompt.
std::string words_of_class(std::string class_name);

/// Trains AnomalyCLIP's prompts with the glocal loss (paper sections 3.2 and 3.3).
class PromptTraining : public TrainableMethod {
 public:
  /// @param text     must outlive this; its device is where training runs
  /// @param initial  trained from here; copied
  /// @param classes  of the training data; only read when object-aware
  /// @throws Error kMismatch, kSettings (words too long, no loss term on)
  PromptTraining(const TextTransformer& text, const Tokenizer& tokenizer,
                 PromptTrainingSettings settings, const LearnedPrompts& initial,
                 const std::vector<std::string>& classes = {});

  NamedTensors parameters() const override;
  /// The text features [2, D] of each class that the batch's prompts name. In float64, as is the global loss: its
  /// gradient is then rounded once, behind the sum over processes, and CoOp's, of two processes, is that of one to
  /// the last bit. (A temperature of 0.01 makes 1e-6 of the last bit of a feature.)
  std::vector<at::Tensor> bottleneck(const EncodedBatch& batch) const override;
  using TrainableMethod::losses;
  std::vector<LossTerm> losses(const EncodedBatch& batch,
                               const std::vector<at::Tensor>& texts) const override;
  std::unique_ptr<torch::optim::Optimizer> make_optimizer() const override;
  double learning_rate(int) const override { return settings_.learning_rate; }
  void save(const std::string& path, const std::string& training) const override;
  std::map<std::string, std::string> settings() const override;

 private:
  struct Sums {
    at::Tensor global, focal, dice;
  };

  /// Of the whole batch, in the order of the bottleneck.
  std::vector<std::string> prompted_classes(const EncodedBatch& batch) const;
  const PromptLearner& learner(const std::string& class_name) const;
  void add_losses(const EncodedBatch& batch, const at::Tensor& rows, const at::Tensor& text,
                  Sums& sums) const;
  void add_local_losses(const EncodedBatch& batch, const at::Tensor& rows, const at::Tensor& text,
                        Sums& sums) const;

  PromptTrainingSettings settings_;
  LearnedPrompts learned_;
  std::map<std::string, PromptLearner> learners_;  // by the words for the class
};

}  // namespace anomalyclip::trainer
