#include "train/training_plan.h"

#include <algorithm>

#include <ATen/CPUGeneratorImpl.h>
#include <torch/torch.h>

#include <anomalyclip/error.h>

#include "loop/clip_encoder.h"
#include "methods/word_methods.h"
#include "train/method_choices.h"
#include "train/starting_point.h"

namespace anomalyclip::trainer {
namespace {

class AnomalyclipPlan : public TrainingPlan {
 public:
  explicit AnomalyclipPlan(const TrainingStart& start)
      : text_(start.weights, start.device, at::kFloat),
        epochs_(start.choices.epochs.value_or(15)),
        batch_size_(start.choices.batch_size.value_or(8)) {
    const ClipConfig model = ClipConfig::infer(start.weights);
    PromptsToTune tune;
    if (start.init.empty())
      tune.start = published_start(start.weights);
    else
      tune = read_prompts_to_tune(start.init, start.method, start.weights);
    settings_ = resolve(start.choices, std::move(tune.start), model);
    const int first = settings_.recipe.dpam_from;
    const int dpam_layers = first > 0 ? static_cast<int>(model.vision_layers) - first + 1 : 0;
    InitialPrompts drawn = draw_initial_prompts(model, settings_.shape, dpam_layers, start.seed);
    generator_ = drawn.generator;
    initial_ = start.init.empty() ? std::move(drawn.learned) : std::move(tune.learned);
  }

  const Prompts& recipe() const override { return settings_.recipe; }
  VisionRequest request() const override { return training_request(settings_.recipe); }
  int epochs() const override { return epochs_; }
  int batch_size() const override { return batch_size_; }
  at::Generator generator() const override { return generator_; }
  std::unique_ptr<TrainableMethod> make(const TrainingSet& set) const override {
    return std::make_unique<PromptTraining>(text_, tokenizer_, settings_, initial_, set.classes());
  }

 private:
  TextTransformer text_;
  Tokenizer tokenizer_;
  int epochs_, batch_size_;
  PromptTrainingSettings settings_;
  LearnedPrompts initial_;
  at::Generator generator_;
};

class CoopPlan : public TrainingPlan {
 public:
  explicit CoopPlan(const TrainingStart& start)
      : text_(start.weights, start.device, at::kFloat),
        batch_size_(start.choices.batch_size.value_or(32)),
        generator_(at::detail::createCPUGenerator(start.seed)) {
    const ClipConfig model = ClipConfig::infer(start.weights);
    if (start.init.empty()) {
      settings_ =
          resolve_coop(start.choices, start_of_method(coop_recipe(model), start.weights), 0);
      context_ = draw_context(settings_.context, model.text_width, generator_);
    } else {
      PromptsToTune tune = read_prompts_to_tune(start.init, start.method, start.weights);
      context_ = tune.learned.ctx_pos;
      settings_ =
          resolve_coop(start.choices, std::move(tune.start.recipe), tune.start.shape.context);
    }
  }

  const Prompts& recipe() const override { return settings_.recipe; }
  VisionRequest request() const override {
    VisionRequest request = training_request(settings_.recipe);
    request.features.clear();  // the loss is the image's alone
    return request;
  }
  int epochs() const override { return settings_.epochs; }
  int batch_size() const override { return batch_size_; }
  at::Generator generator() const override { return generator_; }
  std::unique_ptr<TrainableMethod> make(const TrainingSet& set) const override {
    return std::make_unique<CoopTraining>(text_, tokenizer_, settings_, context_, set.classes());
  }

 private:
  TextTransformer text_;
  Tokenizer tokenizer_;
  int batch_size_;
  CoopSettings settings_;
  at::Tensor context_;
  at::Generator generator_;
};

class VandPlan : public TrainingPlan {
 public:
  explicit VandPlan(const TrainingStart& start)
      : weights_(start.weights),
        device_(start.device),
        words_(word_method("vand", ClipConfig::infer(start.weights))),
        batch_size_(start.choices.batch_size.value_or(8)),
        generator_(at::detail::createCPUGenerator(start.seed)) {
    const ClipConfig model = ClipConfig::infer(weights_);
    if (start.init.empty()) {
      Prompts recipe = start_of_method(words_.recipe, weights_);
      recipe.class_name = "object";
      recipe.normal_template = words_text(words_.text.normal);
      recipe.abnormal_template = words_text(words_.text.abnormal);
      settings_ = resolve_vand(start.choices, std::move(recipe), false);
      initial_ =
          draw_adapters(settings_.recipe.features, model.vision_width, model.embed_dim, generator_);
    } else {
      AdaptersToTune tune = read_adapters_to_tune(start.init, weights_);
      initial_ = std::move(tune.adapters);
      settings_ = resolve_vand(start.choices, std::move(tune.recipe), true);
    }
  }

  const Prompts& recipe() const override { return settings_.recipe; }
  VisionRequest request() const override {
    VisionRequest request = training_request(settings_.recipe);
    request.raw_features = true;
    request.want_global = false;
    return request;
  }
  int epochs() const override { return settings_.epochs; }
  int batch_size() const override { return batch_size_; }
  double mosaics() const override { return settings_.mosaics; }
  at::Generator generator() const override { return generator_; }
  std::unique_ptr<TrainableMethod> make(const TrainingSet& set) const override {
    if (!std::ranges::any_of(set.images, &TrainingImage::has_mask))
      throw Error(ErrorCode::kSettings,
                  "The method vand learns from masks alone, and no image of the data has one: give "
                  "data with masks, or train another method");
    return std::make_unique<VandTraining>(settings_, initial_, texts(set.classes()));
  }

 private:
  /// The words for each class, and for the one that the file is written for.
  std::map<std::string, at::Tensor> texts(std::vector<std::string> classes) const {
    const at::NoGradGuard no_grad;
    const auto tower = text_tower(weights_, device_, settings_.recipe.activation);
    const Tokenizer tokenizer;
    classes.push_back(settings_.recipe.class_name);
    std::map<std::string, at::Tensor> texts;
    for (const std::string& name : classes)
      if (!texts.contains(name)) texts[name] = text_features(*tower, tokenizer, words_.text, name);
    return texts;
  }

  const Weights& weights_;
  at::Device device_;
  WordMethod words_;
  int batch_size_;
  VandSettings settings_;
  Adapters initial_;
  at::Generator generator_;
};

}  // namespace

std::unique_ptr<TrainingPlan> plan_training(const TrainingStart& start) {
  if (start.method == "coop") return std::make_unique<CoopPlan>(start);
  if (start.method == "vand") return std::make_unique<VandPlan>(start);
  return std::make_unique<AnomalyclipPlan>(start);
}

}  // namespace anomalyclip::trainer
