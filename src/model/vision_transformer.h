#pragma once

#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include "model/clip_config.h"
#include "model/layer_norm.h"
#include "model/positional_embedding.h"
#include "model/residual_block.h"
#include "model/vision_request.h"

namespace anomalyclip {

/// What the image tower returns, in float32, on its device.
struct VisionFeatures {
  /// [B, D], before normalisation; undefined unless asked for. The class token's projection
  /// *without* ln_post, as the reference code has it; CLIP itself applies ln_post.
  at::Tensor global;

  /// [tapped layer][attention kind] -> [B, 1 + P, D] after ln_post and proj, class token first,
  /// patches row by row. A tap without a local path holds one tensor, whatever the attention kinds.
  std::vector<std::vector<at::Tensor>> patches;
};

/// CLIP's image tower with DPAM (paper section 3.3). Immutable: threads may share one.
class VisionTransformer {
 public:
  /// Copies the `visual.*` tensors of a checkpoint to `device`.
  /// @param dtype  of the matrix products: float32, bfloat16 or float16. Norms, the residual
  ///               stream, the embeddings and the last projection are float32 throughout.
  /// @throws Error kMismatch (a tensor missing or misshapen: key, expected and found),
  ///         kNotFinite (names the key)
  VisionTransformer(const Weights& weights, at::Device device, at::ScalarType dtype);

  /// Runs on the tensors themselves, in whatever state they are: gradients reach those that require
  /// them, and a change to one is seen by the next forward().
  /// @throws Error kMismatch
  static VisionTransformer from_tensors(const Weights& weights);

  /// @param images  [B, 3, S, S] float32, CLIP-normalised, on the tower's device; S a multiple of
  ///                the patch size
  /// @throws Error kSettings (shape, dtype or device of the images), and as check()
  VisionFeatures forward(const at::Tensor& images, const VisionRequest& request) const;

  /// @throws Error kMismatch (a layer that this model does not have), kSettings (layers not
  ///         ascending, attention kinds missing or repeated, nothing asked for)
  void check(const VisionRequest& request) const;

  const ClipConfig& config() const { return config_; }
  at::Device device() const { return proj.device(); }

 private:
  VisionTransformer(const ClipConfig& config, const Parameters& parameters);

  at::Tensor embed(const at::Tensor& images) const;
  /// [B, 1 + P, width] each -> [B, 1 + P, D] each
  std::vector<at::Tensor> read(const std::vector<at::Tensor>& tokens) const;
  void check_images(const at::Tensor& images) const;

  ClipConfig config_;
  // Named as in the checkpoint, without the `_` of other members.
  at::Tensor conv1;            // [width, 3, patch, patch]
  at::Tensor class_embedding;  // [width]
  PositionalEmbedding positional_embedding;
  LayerNorm ln_pre;
  std::vector<ResidualBlock> resblocks;
  LayerNorm ln_post;
  at::Tensor proj;  // [width, D]
};

}  // namespace anomalyclip
