#include "train/prompt_training.h"

#include <algorithm>
#include <set>

#include <torch/torch.h>

#include <anomalyclip/error.h>

#include "checkpoint/prompt_file.h"
#include "common/joined.h"
#include "loop/recipe_text.h"
#include "losses/losses.h"
#include "scoring/similarity.h"

namespace anomalyclip::trainer {
namespace {

at::Tensor leaf(const at::Tensor& initial, at::Device device) {
  return initial.detach()
      .to(device, at::kFloat, /*non_blocking=*/false, /*copy=*/true)
      .requires_grad_(true);
}

LearnedPrompts leaves(const LearnedPrompts& initial, bool shared, at::Device device) {
  LearnedPrompts learned{leaf(initial.ctx_pos, device), {}, {}, initial.concatenated};
  learned.ctx_neg = shared ? learned.ctx_pos : leaf(initial.ctx_neg, device);
  for (const at::Tensor& prompt : initial.compound_prompts_text)
    learned.compound_prompts_text.push_back(leaf(prompt, device));
  return learned;
}

PromptWords words_for(const Prompts& recipe, const std::string& class_words) {
  return {recipe.normal_template, recipe.abnormal_template, class_words};
}

}  // namespace

std::string words_of_class(std::string class_name) {
  std::replace(class_name.begin(), class_name.end(), '_', ' ');
  return class_name;
}

PromptTraining::PromptTraining(const TextTransformer& text, const Tokenizer& tokenizer,
                               PromptTrainingSettings settings, const LearnedPrompts& initial,
                               const std::vector<std::string>& classes)
    : settings_(std::move(settings)),
      learned_(leaves(initial, settings_.shape.shared, text.device())) {
  if (!settings_.global && !settings_.focal && !settings_.dice)
    throw Error(ErrorCode::kSettings, "No term of the loss is on: there is nothing to minimise");
  std::set<std::string> words{words_of_class(settings_.recipe.class_name)};
  if (settings_.object_aware)
    for (const std::string& name : classes) words.insert(words_of_class(name));
  for (const std::string& name : words)
    learners_.try_emplace(name, text, tokenizer, learned_, words_for(settings_.recipe, name));
}

TrainableMethod::NamedTensors PromptTraining::parameters() const {
  NamedTensors named{{"ctx_pos", learned_.ctx_pos}};
  if (!settings_.shape.shared) named.emplace_back("ctx_neg", learned_.ctx_neg);
  for (std::size_t i = 0; i < learned_.compound_prompts_text.size(); ++i)
    named.emplace_back("compound_prompts_text." + std::to_string(i),
                       learned_.compound_prompts_text[i]);
  return named;
}

const PromptLearner& PromptTraining::learner(const std::string& class_name) const {
  return learners_.at(words_of_class(class_name));
}

std::vector<std::string> PromptTraining::prompted_classes(const EncodedBatch& batch) const {
  if (!settings_.object_aware) return {settings_.recipe.class_name};
  return {batch.all_class_names.begin(), batch.all_class_names.end()};
}

std::vector<at::Tensor> PromptTraining::bottleneck(const EncodedBatch& batch) const {
  std::vector<at::Tensor> texts;
  for (const std::string& name : prompted_classes(batch))
    texts.push_back(learner(name).text_features().to(at::kDouble));
  return texts;
}

std::vector<LossTerm> PromptTraining::losses(const EncodedBatch& batch,
                                             const std::vector<at::Tensor>& texts) const {
  const at::TensorOptions options = learned_.ctx_pos.options().requires_grad(false);
  Sums sums{at::zeros({}, options.dtype(at::kDouble)), at::zeros({}, options),
            at::zeros({}, options)};
  const std::vector<std::string> classes = prompted_classes(batch);
  for (std::size_t c = 0; c < classes.size(); ++c) {
    std::vector<std::int64_t> rows;
    for (std::size_t i = 0; i < batch.class_names.size(); ++i)
      if (!settings_.object_aware || batch.class_names[i] == classes[c])
        rows.push_back(static_cast<std::int64_t>(i));
    if (!rows.empty())
      add_losses(batch, at::tensor(rows).to(batch.labels.device()), texts[c], sums);
  }
  std::vector<LossTerm> terms;
  const double with_mask = std::max(batch.images_with_mask, 1.0);
  if (settings_.global) terms.push_back({"global", 1, sums.global / batch.images});
  if (settings_.focal) terms.push_back({"focal", settings_.lambda, sums.focal / with_mask});
  if (settings_.dice) terms.push_back({"dice", settings_.lambda, sums.dice / with_mask});
  return terms;
}

void PromptTraining::add_losses(const EncodedBatch& batch, const at::Tensor& rows,
                                const at::Tensor& text, Sums& sums) const {
  if (settings_.global) {
    const at::Tensor features = batch.features.global.index_select(0, rows).to(at::kDouble);
    const at::Tensor logits =
        logit_difference(features, text, settings_.recipe.temperature);  // [b]
    sums.global = sums.global + global_loss(logits, batch.labels.index_select(0, rows)).sum();
  }
  if (!settings_.focal && !settings_.dice) return;
  const at::Tensor masked = rows.masked_select(batch.has_mask.index_select(0, rows));
  if (masked.numel() > 0) add_local_losses(batch, masked, text.to(at::kFloat), sums);
}

void PromptTraining::add_local_losses(const EncodedBatch& batch, const at::Tensor& rows,
                                      const at::Tensor& text, Sums& sums) const {
  const at::Tensor masks = batch.masks.index_select(0, rows);  // [b, S, S]
  for (const std::vector<at::Tensor>& layer : batch.features.patches) {
    std::vector<at::Tensor> kinds;  // [b, P, D] each, without the class token
    for (const at::Tensor& kind : layer) kinds.push_back(kind.index_select(0, rows).slice(1, 1));
    const at::Tensor probabilities =  // [b, 2, S, S]
        upsampled(similarity(kinds, text, settings_.recipe.temperature), masks.size(1));
    if (settings_.focal) sums.focal = sums.focal + focal_loss(probabilities, masks).sum();
    if (settings_.dice)
      sums.dice = sums.dice + dice_loss(probabilities.select(1, 1), masks).sum() +
                  dice_loss(probabilities.select(1, 0), 1 - masks).sum();
  }
}

std::unique_ptr<torch::optim::Optimizer> PromptTraining::make_optimizer() const {
  std::vector<at::Tensor> tensors;
  for (const auto& [name, tensor] : parameters()) tensors.push_back(tensor);
  const auto options =
      torch::optim::AdamOptions(settings_.learning_rate).betas({settings_.beta1, settings_.beta2});
  return std::make_unique<torch::optim::Adam>(tensors, options);
}

void PromptTraining::save(const std::string& path, const std::string& training) const {
  const at::NoGradGuard no_grad;
  Prompts prompts = settings_.recipe;
  const at::Tensor features =
      learner(prompts.class_name).text_features().cpu().contiguous();  // [2, D]
  prompts.text_features.assign(features.const_data_ptr<float>(),
                               features.const_data_ptr<float>() + features.numel());
  prompts.metadata["training"] = training;
  prompts.metadata["deep_prompts"] = learned_.concatenated ? "before" : "overwrite";
  std::map<std::string, at::Tensor> extra{{"ctx_pos", learned_.ctx_pos.detach()},
                                          {"ctx_neg", learned_.ctx_neg.detach()}};
  for (std::size_t i = 0; i < learned_.compound_prompts_text.size(); ++i)
    extra.emplace("compound_prompts_text." + std::to_string(i),
                  learned_.compound_prompts_text[i].detach());
  save_prompts(path, prompts, extra);
}

std::map<std::string, std::string> PromptTraining::settings() const {
  const auto yes_no = [](bool value) { return std::string(value ? "yes" : "no"); };
  std::vector<std::string> losses;
  if (settings_.global) losses.push_back("global");
  if (settings_.focal) losses.push_back("focal");
  if (settings_.dice) losses.push_back("dice");
  const PromptShape& shape = settings_.shape;
  std::map<std::string, std::string> all = recipe_text(settings_.recipe);
  all.merge(std::map<std::string, std::string>{
      {"context", std::to_string(shape.context)},
      {"depth", std::to_string(shape.depth)},
      {"length", std::to_string(shape.length)},
      {"shared", yes_no(shape.shared)},
      {"deep_prompts", shape.concatenated ? "before" : "overwrite"},
      {"object_aware", yes_no(settings_.object_aware)},
      {"losses", joined(losses, ",")},
      {"lambda", number_text(settings_.lambda)},
      {"learning_rate", number_text(settings_.learning_rate)},
      {"betas", number_text(settings_.beta1) + "," + number_text(settings_.beta2)}});
  return all;
}

}  // namespace anomalyclip::trainer
