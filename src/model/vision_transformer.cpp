#include "model/vision_transformer.h"

#include <algorithm>
#include <sstream>

#include <ATen/ops/cat.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>

#include <anomalyclip/error.h>

#include "model/cpu/blocked_layer.h"
#include "model/cpu/blocked_projection.h"
#include "model/dpam_attention.h"
#include "model/layer_needs.h"

namespace anomalyclip {
namespace {

/// images [B, 3, H, W] -> [B, P, 3 * patch * patch], patches row by row.
at::Tensor patches_of(const at::Tensor& images, std::int64_t patch) {
  return images.unflatten(3, {-1, patch})
      .unflatten(2, {-1, patch})    // [B, 3, y, patch, x, patch]
      .permute({0, 2, 4, 1, 3, 5})  // [B, y, x, 3, patch, patch]
      .flatten(3)
      .flatten(1, 2);
}

bool contains(const std::vector<int>& sorted, int value) {
  return std::binary_search(sorted.begin(), sorted.end(), value);
}

/// Blocks that share their weights with these.
std::vector<ResidualBlock> with_other_activation(std::vector<ResidualBlock> blocks) {
  for (ResidualBlock& block : blocks) block.change_activation();
  return blocks;
}

/// The kinds that have a path of their own.
std::vector<AttentionKind> local_kinds(std::vector<AttentionKind> kinds) {
  std::erase(kinds, AttentionKind::kQK);
  return kinds;
}

/// The tokens of every kind, in the order in which they are asked for.
std::vector<at::Tensor> tapped(const DualPath& paths, const std::vector<AttentionKind>& kinds) {
  std::vector<at::Tensor> tokens;
  auto local = paths.local.begin();
  for (const AttentionKind kind : kinds)
    tokens.push_back(kind == AttentionKind::kQK ? paths.original : *local++);
  return tokens;
}

template <typename T>
bool has_repeats(std::vector<T> values) {
  std::sort(values.begin(), values.end());
  return std::adjacent_find(values.begin(), values.end()) != values.end();
}

/// How the blocks of a tower of this width are packed, if they are.
std::optional<Arithmetic> packing_of(std::int64_t width, at::Device device, at::ScalarType dtype,
                                     Arithmetic arithmetic) {
  if (arithmetic == Arithmetic::kFloat8) {
    if (dtype != at::kBFloat16)
      throw Error(ErrorCode::kSettings,
                  std::string("Beside products of 8-bit floats everything is bfloat16, and ") +
                      c10::toString(dtype) + " is asked for");
    return arithmetic;
  }
  const bool plain = arithmetic == Arithmetic::kPlain;
  const bool packable = device.is_cpu() && cpu::BlockedLayer::available(width, arithmetic);
  if (!plain && (dtype != at::kFloat || !packable))
    throw Error(
        ErrorCode::kSettings,
        "Products in blocks are taken of float32 matrices on a CPU with AVX-512 (split ones: and "
        "BF16; 8-bit ones: and VNNI), and on no other device");
  if (!packable || (plain && dtype != at::kBFloat16)) return std::nullopt;
  return arithmetic;
}

}  // namespace

VisionTransformer::VisionTransformer(const Weights& weights, at::Device device,
                                     at::ScalarType dtype, Arithmetic arithmetic,
                                     const PackedFile* packed)
    : VisionTransformer(
          weights, device, dtype,
          packing_of(ClipConfig::infer(weights).vision_width, device, dtype, arithmetic), packed) {}

VisionTransformer::VisionTransformer(const Weights& weights, at::Device device,
                                     at::ScalarType dtype, std::optional<Arithmetic> packing,
                                     const PackedFile* packed)
    : VisionTransformer(ClipConfig::infer(weights),
                        packing ? Parameters::to_pack(weights, device, packed && packed->filled())
                                : Parameters::copied(weights, device, dtype),
                        packing, packed) {}

VisionTransformer VisionTransformer::from_tensors(const Weights& weights) {
  return VisionTransformer(ClipConfig::infer(weights), Parameters::borrowed(weights), std::nullopt,
                           nullptr);
}

VisionTransformer::VisionTransformer(const ClipConfig& config, const Parameters& parameters,
                                     std::optional<Arithmetic> packing, const PackedFile* packed)
    : config_(config),
      conv1(parameters.in("visual.conv1")
                .exact("weight", {config.vision_width, 3, config.patch_size, config.patch_size})),
      class_embedding(parameters.in("visual").exact("class_embedding", {config.vision_width})),
      positional_embedding(parameters.in("visual").exact(
          "positional_embedding", {1 + config.grid() * config.grid(), config.vision_width})),
      ln_pre(parameters.in("visual.ln_pre"), config.vision_width),
      resblocks(read_resblocks(parameters.in("visual.transformer"), config.vision_layers,
                               config.vision_width, config.activation, packing, packed)),
      other_activation(with_other_activation(resblocks)),
      ln_post(parameters.in("visual.ln_post"), config.vision_width),
      proj(parameters.in("visual").exact("proj", {config.vision_width, config.embed_dim})) {
  const bool blocks = packing && packing != Arithmetic::kFloat8;
  if (!blocks || !cpu::BlockedProjection::available(config.embed_dim)) return;
  const bool half = packing == Arithmetic::kPlain || packing == Arithmetic::kInt8;
  packed_conv1 = std::make_shared<const cpu::BlockedProjection>(conv1.flatten(1), half);
  packed_proj = std::make_shared<const cpu::BlockedProjection>(proj.t(), half);
}

VisionFeatures VisionTransformer::forward(const at::Tensor& images,
                                          const VisionRequest& request) const {
  check(request);
  check_images(images, request);
  const int layers = static_cast<int>(config_.vision_layers);
  const int last = last_layer(request, layers);
  const int plain = request.dpam_from > 0 ? std::min(request.dpam_from - 1, last) : last;
  const std::vector<ResidualBlock>& blocks = blocks_with(request.activation);
  const auto block = [&](int layer) -> const ResidualBlock& {
    return blocks[static_cast<std::size_t>(layer - 1)];
  };
  VisionFeatures features;

  at::Tensor x = embed(images, request.positions);  // [B, 1 + P, width]
  for (const int side : request.windows)
    features.windows.push_back(encode_windows(x, side, blocks));  // [B, windows, D]
  for (int layer = 1; layer <= plain; ++layer) {
    const LayerNeeds needs = layer_needs(request, layers, layer);
    x = plain_layer(block(layer), std::move(x), needs);  // [B, 1 + P, width]
    if (contains(request.features, layer))
      features.patches.push_back(read({x}, request.raw_features));
  }

  const std::vector<AttentionKind> kinds = local_kinds(request.attention);
  DualPath paths = fork(x, kinds.size());
  x.reset();  // a packed layer changes a path in place where nobody else holds it
  for (int layer = plain + 1; layer <= last; ++layer) {
    const LayerNeeds needs = layer_needs(request, layers, layer);
    paths = dpam_layer(block(layer), std::move(paths), kinds, needs);
    if (contains(request.features, layer))
      features.patches.push_back(read(tapped(paths, request.attention), request.raw_features));
  }

  if (request.want_global) {
    const at::Tensor token = paths.original.select(1, 0);  // [B, width]
    features.global = at::matmul(request.global_ln_post ? ln_post(token) : token, proj);  // [B, D]
  }
  return features;
}

const std::vector<ResidualBlock>& VisionTransformer::blocks_with(
    std::optional<Activation> activation) const {
  return activation.value_or(config_.activation) == config_.activation ? resblocks
                                                                       : other_activation;
}

at::Tensor VisionTransformer::embed(const at::Tensor& images, Interpolation positions) const {
  const std::int64_t batch = images.size(0), patch = config_.patch_size;
  const Size grid{images.size(3) / patch, images.size(2) / patch};
  // A matrix product, not a convolution: cuDNN's would round to TF32 by default.
  const at::Tensor patches =
      packed_conv1 ? packed_conv1->of_patches(images, patch)
                   : at::linear(patches_of(images, patch), conv1.flatten(1));  // [B, P, width]
  const at::Tensor first = class_embedding.expand({batch, 1, -1});             // [B, 1, width]
  const at::Tensor tokens = at::cat({first, patches}, 1);                      // [B, 1 + P, width]
  return ln_pre(tokens + positional_embedding.at_grid(grid, positions));       // [B, 1 + P, width]
}

std::vector<at::Tensor> VisionTransformer::read(const std::vector<at::Tensor>& tokens,
                                                bool raw) const {
  if (raw) return tokens;
  std::vector<at::Tensor> features;
  for (const at::Tensor& kind : tokens)
    features.push_back(packed_proj ? packed_proj->of_normed(ln_post, kind)
                                   : at::matmul(ln_post(kind), proj));
  return features;
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
                "The local path's attention should be one or more of vv, qq, kk and qk, each once");
  for (const int side : request.windows)
    if (side < 1)
      throw Error(ErrorCode::kSettings, "A window should be at least one patch wide, and is " +
                                            std::to_string(side) + " wide");
  if (request.features.empty() && !request.want_global)
    throw Error(ErrorCode::kSettings,
                "Neither a global feature nor a layer's features are asked for: nothing to do");
}

void VisionTransformer::check_images(const at::Tensor& images, const VisionRequest& request) const {
  const std::int64_t patch = config_.patch_size;
  const auto in_patches = [&](std::int64_t pixels) { return pixels > 0 && pixels % patch == 0; };
  const bool square = !request.windows.empty();
  const bool fits = images.dim() == 4 && images.size(0) > 0 && images.size(1) == 3 &&
                    in_patches(images.size(2)) && in_patches(images.size(3)) &&
                    (!square || images.size(2) == images.size(3));
  if (fits && images.scalar_type() == at::kFloat && images.device() == device()) return;
  std::ostringstream message;
  message << "Images should be float32 [B, 3, " << (square ? "S, S" : "H, W") << "] on " << device()
          << " with sides that are multiples of " << patch << " pixels, and are "
          << c10::toString(images.scalar_type()) << " " << images.sizes() << " on "
          << images.device();
  throw Error(ErrorCode::kSettings, message.str());
}

}  // namespace anomalyclip
