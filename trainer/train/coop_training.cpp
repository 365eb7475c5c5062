#include "train/coop_training.h"

#include <cmath>
#include <numbers>

#include <torch/torch.h>

#include "loop/recipe_text.h"
#include "methods/word_methods.h"

namespace anomalyclip::trainer {
namespace {

/// CoOp in the terms of prompt training.
PromptTrainingSettings as_prompt_training(const CoopSettings& coop) {
  PromptTrainingSettings settings;
  settings.recipe = coop.recipe;
  settings.shape.context = coop.context;
  settings.shape.depth = 1;
  settings.shape.shared = true;
  settings.object_aware = true;
  settings.focal = settings.dice = false;
  return settings;
}

}  // namespace

Prompts coop_recipe(const ClipConfig& model) {
  Prompts recipe = plain_recipe("coop", model);
  recipe.temperature = 0.01;
  recipe.class_name = "object";
  recipe.normal_template = "normal {}";
  recipe.abnormal_template = "anomalous {}";
  return recipe;
}

at::Tensor draw_context(std::int64_t length, std::int64_t width, at::Generator generator) {
  return at::empty({1, 1, length, width}).normal_(0, 0.02, std::move(generator));
}

CoopTraining::CoopTraining(const TextTransformer& text, const Tokenizer& tokenizer,
                           CoopSettings settings, const at::Tensor& context,
                           const std::vector<std::string>& classes)
    : PromptTraining(text, tokenizer, as_prompt_training(settings), {context, context, {}, false},
                     classes),
      settings_(std::move(settings)) {}

std::unique_ptr<torch::optim::Optimizer> CoopTraining::make_optimizer() const {
  const std::vector<at::Tensor> tensors{parameters().front().second};
  const auto options = torch::optim::SGDOptions(settings_.learning_rate)
                           .momentum(settings_.momentum)
                           .weight_decay(settings_.weight_decay);
  return std::make_unique<torch::optim::SGD>(tensors, options);
}

double CoopTraining::learning_rate(int epoch) const {
  if (epoch == 1) return settings_.warm_up_rate;
  // The cosine starts behind the first epoch, which warms up: at the end it is not quite over.
  const double way = (epoch - 2.0) / settings_.epochs;
  return settings_.learning_rate * (1 + std::cos(std::numbers::pi * way)) / 2;
}

std::map<std::string, std::string> CoopTraining::settings() const {
  std::map<std::string, std::string> all = recipe_text(settings_.recipe);
  all.merge(
      std::map<std::string, std::string>{{"context", std::to_string(settings_.context)},
                                         {"epochs", std::to_string(settings_.epochs)},
                                         {"losses", "global"},
                                         {"learning_rate", number_text(settings_.learning_rate)},
                                         {"momentum", number_text(settings_.momentum)},
                                         {"weight_decay", number_text(settings_.weight_decay)},
                                         {"warm_up_rate", number_text(settings_.warm_up_rate)}});
  return all;
}

}  // namespace anomalyclip::trainer
