#pragma once

#include <cstdint>

#include <ATen/core/Generator.h>

#include "model/clip_config.h"
#include "train/prompt_training.h"

namespace anomalyclip::trainer {

/// CoOp's choices, as its authors' code has them; the words are those of AnomalyCLIP's paper (appendix A.2).
struct CoopSettings {
  Prompts recipe;  ///< of coop_recipe()
  int context = 16;
  int epochs = 200;  ///< the learning rate falls to 0 along half a cosine over this many
  double learning_rate = 0.002, momentum = 0.9, weight_decay = 5e-4;  ///< of SGD
  double warm_up_rate = 1e-5;                                         ///< of the first epoch
};

/// What CoOp's prompt files say, for a model of these dimensions; all but the text features, the fingerprint and the
/// class.
Prompts coop_recipe(const ClipConfig& model);

/// An untrained context [1, 1, length, width], N(0, 0.02^2).
at::Tensor draw_context(std::int64_t length, std::int64_t width, at::Generator generator);

/// Trains CoOp's prompts: one context before "normal" and before "anomalous" and the class's name, in the first layer
/// alone, with the image loss. Each image is compared with the prompts of its own class.
class CoopTraining : public PromptTraining {
 public:
  /// @param text     must outlive this
  /// @param context  [1, 1, E, width], trained from here; copied
  /// @param classes  of the training data
  /// @throws Error kMismatch, kSettings (a class's name too long)
  CoopTraining(const TextTransformer& text, const Tokenizer& tokenizer, CoopSettings settings,
               const at::Tensor& context, const std::vector<std::string>& classes);

  std::unique_ptr<torch::optim::Optimizer> make_optimizer() const override;
  double learning_rate(int epoch) const override;
  /// The epochs are among them: they decide the learning rate of each.
  std::map<std::string, std::string> settings() const override;

 private:
  CoopSettings settings_;
};

}  // namespace anomalyclip::trainer
