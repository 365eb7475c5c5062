#include "model/vision_transformer.h"

#include <algorithm>
#include <sstream>

#include <ATen/ops/cat.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>

#include <anomalyclip/error.h>

#include "model/dpam_attention.h"
#include "model/layer_needs.h"

namespace anomalyclip {
namespace {

/// images [B, 3, S, S] -> [B, P, 3 * patch * patch]: what a convolution of stride `patch`
/// multiplies with.
at::Tensor patches_of(const at::Tensor& images, std::int64_t patch) {
  const std::int64_t grid = images.size(-1) / patch;
  return images.unflatten(3, {grid, patch})
      .unflatten(2, {grid, patch})  // [B, 3, y, patch, x, patch]
      .permute({0, 2, 4, 1, 3, 5})  // [B, y, x, 3, patch, patch]
      .flatten(3)
      .flatten(1, 2);
}

bool contains(const std::vector<int>& sorted, int value) {
  return std::binary_search(sorted.begin(), sorted.end(), value);
}

template <typename T>
bool has_repeats(std::vector<T> values) {
  std::sort(values.begin(), values.end());
  return std::adjacent_find(values.begin(), values.end()) != values.end();
}

}  // namespace

VisionTransformer::VisionTransformer(const Weights& weights, at::Device device,
                                     at::ScalarType dtype)
    : VisionTransformer(ClipConfig::infer(weights), Parameters::copied(weights, device, dtype)) {}

VisionTransformer VisionTransformer::from_tensors(const Weights& weights) {
  return VisionTransformer(ClipConfig::infer(weights), Parameters::borrowed(weights));
}

VisionTransformer::VisionTransformer(const ClipConfig& config, const Parameters& parameters)
    : config_(config),
      conv1(parameters.in("visual.conv1")
                .exact("weight", {config.vision_width, 3, config.patch_size, config.patch_size})),
      class_embedding(parameters.in("visual").exact("class_embedding", {config.vision_width})),
      positional_embedding(parameters.in("visual").exact(
          "positional_embedding", {1 + config.grid() * config.grid(), config.vision_width})),
      ln_pre(parameters.in("visual.ln_pre"), config.vision_width),
      resblocks(read_resblocks(parameters.in("visual.transformer"), config.vision_layers,
                               config.vision_width, config.activation)),
      ln_post(parameters.in("visual.ln_post"), config.vision_width),
      proj(parameters.in("visual").exact("proj", {config.vision_width, config.embed_dim})) {}

VisionFeatures VisionTransformer::forward(const at::Tensor& images,
                                          const VisionRequest& request) const {
  check(request);
  check_images(images);
  const int layers = static_cast<int>(config_.vision_layers);
  const int last = last_layer(request, layers);
  const int plain = request.dpam_from > 0 ? std::min(request.dpam_from - 1, last) : last;
  VisionFeatures features;

  at::Tensor x = embed(images);  // [B, 1 + P, width]
  for (int layer = 1; layer <= plain; ++layer) {
    const ResidualBlock& block = resblocks[static_cast<std::size_t>(layer - 1)];
    const bool one = layer_needs(request, layers, layer).original == Rows::kClassToken;
    x = one ? block.class_token(x)
            : block(x);  // [B, 1 + P, width], or [B, 1, width] at the very end
    if (contains(request.features, layer))
      features.patches.push_back({patch_feature(x)});  // [B, 1 + P, D]
  }

  DualPath paths =
      fork(x, request.attention.size());  // from here on, local tokens beside the original ones
  for (int layer = plain + 1; layer <= last; ++layer) {
    const ResidualBlock& block = resblocks[static_cast<std::size_t>(layer - 1)];
    paths = dpam_layer(block, paths, request.attention, layer_needs(request, layers, layer));
    if (!contains(request.features, layer)) continue;
    std::vector<at::Tensor>& tap = features.patches.emplace_back();
    for (const at::Tensor& local : paths.local)
      tap.push_back(patch_feature(local));  // [B, 1 + P, D]
  }

  if (request.want_global)
    features.global = at::matmul(paths.original.select(1, 0), proj);  // [B, D]
  return features;
}

at::Tensor VisionTransformer::embed(const at::Tensor& images) const {
  // A matrix product, not a convolution: cuDNN's would round to TF32 by default (spec 1.7).
  const at::Tensor patches =
      at::linear(patches_of(images, config_.patch_size), conv1.flatten(1));  // [B, P, width]
  const at::Tensor first = class_embedding.expand({images.size(0), 1, config_.vision_width});
  const at::Tensor tokens = at::cat({first, patches}, 1);  // [B, 1 + P, width]
  return ln_pre(tokens + positional_embedding.at_grid(images.size(-1) / config_.patch_size));
}

at::Tensor VisionTransformer::patch_feature(const at::Tensor& tokens) const {
  return at::matmul(ln_post(tokens), proj);
}

void VisionTransformer::check(const VisionRequest& request) const {
  const auto layers = static_cast<int>(config_.vision_layers);
  const auto exists = [&](int layer) {
    if (layer < 1 || layer > layers)
      throw Error(ErrorCode::kMismatch, "Layer " + std::to_string(layer) +
                                            " is asked for, and this model has layers 1 to " +
                                            std::to_string(layers) +
                                            ": the prompts belong to another model");
  };
  for (const int layer : request.features) exists(layer);
  if (request.dpam_from != 0) exists(request.dpam_from);
  if (!std::is_sorted(request.features.begin(), request.features.end()) ||
      has_repeats(request.features))
    throw Error(ErrorCode::kSettings,
                "The layers to read features from should be ascending and distinct");
  if (request.attention.empty() || has_repeats(request.attention))
    throw Error(ErrorCode::kSettings,
                "The local path's attention should be one or more of vv, qq and kk, each once");
  if (request.features.empty() && !request.want_global)
    throw Error(ErrorCode::kSettings,
                "Neither a global feature nor a layer's features are asked for: nothing to do");
}

void VisionTransformer::check_images(const at::Tensor& images) const {
  const std::int64_t patch = config_.patch_size;
  const bool fits = images.dim() == 4 && images.size(0) > 0 && images.size(1) == 3 &&
                    images.size(2) == images.size(3) && images.size(3) > 0 &&
                    images.size(3) % patch == 0;
  if (fits && images.scalar_type() == at::kFloat && images.device() == device()) return;
  std::ostringstream message;
  message << "Images should be float32 [B, 3, S, S] on " << device() << " with S a multiple of "
          << patch << " pixels, and are " << c10::toString(images.scalar_type()) << " "
          << images.sizes() << " on " << images.device();
  throw Error(ErrorCode::kSettings, message.str());
}

}  // namespace anomalyclip
