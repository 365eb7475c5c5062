#include "loop/clip_encoder.h"

#include <torch/torch.h>

#include <nlohmann/json.hpp>

#include <anomalyclip/error.h>

#include "checkpoint/model_file.h"
#include "core/sha256.h"
#include "engine/precision.h"
#include "loop/recipe_text.h"

namespace anomalyclip::trainer {
namespace {

/// The fingerprint covers four tensors; models that differ in their blocks alone must not share features.
std::string hash_of_tower(const Weights& weights) {
  Sha256 hash;
  const auto update = [&](const std::string& text) { hash.update(std::as_bytes(std::span(text))); };
  update(weights.metadata("activation"));
  for (const auto& [key, tensor] : weights.tensors()) {
    if (!key.starts_with("visual.")) continue;
    const at::Tensor values = tensor.cpu().contiguous();
    update(key);
    hash.update({static_cast<const std::byte*>(values.const_data_ptr()), values.nbytes()});
  }
  return hash.hex();
}

std::string describe(const Weights& weights, const VisionRequest& request, int image_size,
                     at::Device device, Precision precision) {
  return nlohmann::json{
      {"model", fingerprint(weights)},
      {"tower", hash_of_tower(weights)},
      {"image_size", image_size},
      {"features", request.features},
      {"dpam_from", request.dpam_from},
      {"attention", attention_text(request.attention)},
      {"global", request.want_global},
      {"global_ln_post", request.global_ln_post},
      {"raw_features", request.raw_features},
      {"positions", static_cast<int>(request.positions)},
      {"activation", request.activation ? static_cast<int>(*request.activation) : -1},
      {"precision", to_string(precision)},
      {"device", device.is_cpu() ? "cpu" : "cuda"}}
      .dump();
}

}  // namespace

VisionRequest training_request(const Prompts& prompts) {
  VisionRequest request;
  request.features = prompts.features;
  request.dpam_from = prompts.dpam_from;
  request.attention = prompts.attention;
  request.global_ln_post = prompts.global_ln_post;
  request.positions = prompts.positions;
  request.activation = prompts.activation;
  return request;
}

ClipEncoder::ClipEncoder(const Weights& weights, VisionRequest request, int image_size,
                         at::Device device, Precision precision)
    : tower_(make_vision(weights, device, precision)),
      request_(std::move(request)),
      image_size_(image_size),
      recipe_(describe(weights, request_, image_size, device, precision)) {
  tower_->check(request_);
  const auto patch = static_cast<int>(tower_->config().patch_size);
  if (image_size_ % patch != 0)
    throw Error(ErrorCode::kSettings,
                "The image size should be a multiple of the model's patch of " +
                    std::to_string(patch) + " pixels, and is " + std::to_string(image_size_) +
                    "; the nearest is " +
                    std::to_string(std::max(1, (image_size_ + patch / 2) / patch) * patch));
}

VisionFeatures ClipEncoder::encode(const at::Tensor& images) const {
  const at::NoGradGuard no_grad;  // not InferenceMode: backward() keeps these tensors
  return tower_->forward(images, request_);
}

}  // namespace anomalyclip::trainer
