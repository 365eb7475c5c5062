#include "train/vand_training.h"

#include <algorithm>
#include <cmath>

#include <torch/torch.h>

#include "checkpoint/prompt_file.h"
#include "checkpoint/prompt_tensors.h"
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

Adapters leaves(const Adapters& initial, at::Device device) {
  Adapters adapters;
  for (const auto& [layer, adapter] : initial)
    adapters[layer] = {leaf(adapter.weight, device), leaf(adapter.bias, device)};
  return adapters;
}

/// [b, P] -> [b, size, size], corners aligned, as VAND upsamples its logits.
at::Tensor upsampled_logits(const at::Tensor& patches, std::int64_t size) {
  const auto side = std::llround(std::sqrt(static_cast<double>(patches.size(1))));
  return at::upsample_bilinear2d(patches.unflatten(1, {side, side}).unsqueeze(1), {size, size},
                                 /*align_corners=*/true)
      .squeeze(1);
}

}  // namespace

Adapters draw_adapters(const std::vector<int>& layers, std::int64_t width, std::int64_t embed,
                       at::Generator generator) {
  const double bound = 1 / std::sqrt(static_cast<double>(width));
  const auto drawn = [&](at::IntArrayRef shape) {
    return at::empty(shape).uniform_(-bound, bound, generator);
  };
  Adapters adapters;
  for (const int layer : layers) {
    Adapter& adapter = adapters[layer];
    adapter.weight = drawn({embed, width});
    adapter.bias = drawn({embed});
  }
  return adapters;
}

VandTraining::VandTraining(VandSettings settings, const Adapters& initial,
                           std::map<std::string, at::Tensor> texts)
    : settings_(std::move(settings)),
      adapters_(leaves(initial, texts.begin()->second.device())),
      texts_(std::move(texts)) {}

TrainableMethod::NamedTensors VandTraining::parameters() const {
  NamedTensors named;
  for (const auto& [layer, adapter] : adapters_) {
    named.emplace_back(adapter_key(layer, "weight"), adapter.weight);
    named.emplace_back(adapter_key(layer, "bias"), adapter.bias);
  }
  return named;
}

std::vector<LossTerm> VandTraining::losses(const EncodedBatch& batch,
                                           const std::vector<at::Tensor>&) const {
  const at::TensorOptions options = batch.masks.options();
  Sums sums{at::zeros({}, options), at::zeros({}, options)};
  std::map<std::string, std::vector<std::int64_t>> rows;  // by the class whose words they meet
  for (std::size_t i = 0; i < batch.class_names.size(); ++i)
    rows[batch.class_names[i]].push_back(static_cast<std::int64_t>(i));
  for (const auto& [name, which] : rows) {
    const at::Tensor all = at::tensor(which).to(batch.labels.device());
    const at::Tensor masked = all.masked_select(batch.has_mask.index_select(0, all));
    if (masked.numel() > 0) add_losses(batch, masked, texts_.at(name), sums);
  }
  const double with_mask = std::max(batch.images_with_mask, 1.0);
  return {{"focal", 1, sums.focal / with_mask}, {"dice", 1, sums.dice / with_mask}};
}

void VandTraining::add_losses(const EncodedBatch& batch, const at::Tensor& rows,
                              const at::Tensor& text, Sums& sums) const {
  const at::Tensor masks = batch.masks.index_select(0, rows);  // [b, S, S]
  for (std::size_t i = 0; i < settings_.recipe.features.size(); ++i) {
    const at::Tensor tokens =  // [b, P, V], without the class token
        batch.features.patches[i][0].index_select(0, rows).slice(1, 1);
    const at::Tensor probability = probabilities(adapters_.at(settings_.recipe.features[i]), tokens,
                                                 text, masks.size(1));  // [b, 2, S, S]
    sums.focal = sums.focal + focal_loss(probability, masks).sum();
    sums.dice = sums.dice + dice_loss(probability.select(1, 1), masks).sum();
  }
}

at::Tensor VandTraining::probabilities(const Adapter& adapter, const at::Tensor& tokens,
                                       const at::Tensor& text, std::int64_t size) const {
  const at::Tensor adapted = at::linear(tokens, adapter.weight, adapter.bias);  // [b, P, D]
  const at::Tensor logits = upsampled_logits(
      logit_difference(adapted, text, settings_.recipe.temperature), size);  // [b, S, S]
  return at::stack({at::sigmoid(-logits), at::sigmoid(logits)}, 1);
}

std::unique_ptr<torch::optim::Optimizer> VandTraining::make_optimizer() const {
  std::vector<at::Tensor> tensors;
  for (const auto& [name, tensor] : parameters()) tensors.push_back(tensor);
  const auto options =
      torch::optim::AdamOptions(settings_.learning_rate).betas({settings_.beta1, settings_.beta2});
  return std::make_unique<torch::optim::Adam>(tensors, options);
}

void VandTraining::save(const std::string& path, const std::string& training) const {
  Prompts prompts = settings_.recipe;
  prompts.text_features = to_prompt_tensor(texts_.at(prompts.class_name)).values;
  for (const auto& [name, tensor] : parameters()) prompts.tensors[name] = to_prompt_tensor(tensor);
  prompts.metadata["training"] = training;
  save_prompts(path, prompts);
}

std::map<std::string, std::string> VandTraining::settings() const {
  std::map<std::string, std::string> all = recipe_text(settings_.recipe);
  all.merge(std::map<std::string, std::string>{
      {"losses", "focal,dice"},
      {"mosaics", number_text(settings_.mosaics)},
      {"learning_rate", number_text(settings_.learning_rate)},
      {"betas", number_text(settings_.beta1) + "," + number_text(settings_.beta2)}});
  return all;
}

}  // namespace anomalyclip::trainer
