#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include "model/clip_config.h"
#include "model/layer_norm.h"
#include "model/positional_embedding.h"
#include "model/residual_block.h"
#include "model/vision_request.h"

namespace anomalyclip {

namespace cpu {
class BlockedProjection;
}

/// What the image tower returns, in float32, on its device.
struct VisionFeatures {
  /// [B, D], before normalisation; undefined unless asked for. The class token's projection; the
  /// reference code leaves ln_post out, CLIP itself applies it (VisionRequest::global_ln_post).
  at::Tensor global = {};

  /// [tapped layer][attention kind] -> [B, 1 + P, D] after ln_post and proj, class token first,
  /// patches row by row. A tap without a local path holds one tensor, whatever the attention kinds.
  /// Raw features are [B, 1 + P, width] instead.
  std::vector<std::vector<at::Tensor>> patches = {};

  /// [window side] -> [B, windows, D]: the global feature, with ln_post, of every window; one patch
  /// apart, row by row.
  std::vector<at::Tensor> windows = {};

  /// Where they are; at least the global feature or a tap must be there.
  at::Device device() const { return global.defined() ? global.device() : patches[0][0].device(); }
};

/// CLIP's image tower with DPAM (paper section 3.3). Immutable: threads may share one.
class VisionTransformer {
 public:
  /// Copies the `visual.*` tensors of a checkpoint to `device`.
  /// @param dtype  of the matrix products: float32, bfloat16 or float16. Norms and the residual stream are float32 throughout, and
  ///               the patch embedding and the last projection too, unless the blocks are packed for products of bfloat16.
  /// @param arithmetic  other than kPlain: with float32, on a CPU with AVX-512 (kSplit: and BF16; kInt8: and VNNI). See
  ///               cpu::BlockedLayer, which plain bfloat16 runs on there too. kFloat8: with bfloat16, anywhere; on a CPU it is
  ///               slow, and there to say what it costs in accuracy (float8_linear()).
  /// @param packed  where the blocks' packed matrices lie, of packed_sections(); a filled one is used as it is, and
  ///               the checkpoint's matrices are not read. Null: memory of their own.
  /// @throws Error kMismatch (a tensor missing or misshapen: key, expected and found),
  ///         kNotFinite (names the key), kSettings (an arithmetic that this device has not)
  VisionTransformer(const Weights& weights, at::Device device, at::ScalarType dtype,
                    Arithmetic arithmetic = Arithmetic::kPlain, const PackedFile* packed = nullptr);

  /// Runs on the tensors themselves, in whatever state they are: gradients reach those that require
  /// them, and a change to one is seen by the next forward().
  /// @throws Error kMismatch
  static VisionTransformer from_tensors(const Weights& weights);

  /// @param images  [B, 3, H, W] float32, CLIP-normalised, on the tower's device; both multiples of
  ///                the patch size, and equal where windows are asked for
  /// @throws Error kSettings (shape, dtype or device of the images), and as check()
  VisionFeatures forward(const at::Tensor& images, const VisionRequest& request) const;

  /// @throws Error kMismatch (a layer that this model does not have), kSettings (layers not
  ///         ascending, attention kinds missing or repeated, windows without a side, nothing asked
  ///         for)
  void check(const VisionRequest& request) const;

  const ClipConfig& config() const { return config_; }
  at::Device device() const { return proj.device(); }

 private:
  VisionTransformer(const Weights& weights, at::Device device, at::ScalarType dtype,
                    std::optional<Arithmetic> packing, const PackedFile* packed);
  VisionTransformer(const ClipConfig& config, const Parameters& parameters,
                    std::optional<Arithmetic> packing, const PackedFile* packed);

  const std::vector<ResidualBlock>& blocks_with(std::optional<Activation> activation) const;
  at::Tensor embed(const at::Tensor& images, Interpolation positions) const;
  /// [B, 1 + P, width] each -> [B, 1 + P, D] each, or as they are
  std::vector<at::Tensor> read(const std::vector<at::Tensor>& tokens, bool raw) const;
  /// Only the class token and the window's own tokens attend to each other (WinCLIP).
  /// @param embedded  [B, 1 + P, width]: what the first block reads
  /// @returns [B, windows, D]
  at::Tensor encode_windows(const at::Tensor& embedded, std::int64_t side,
                            const std::vector<ResidualBlock>& blocks) const;
  void check_images(const at::Tensor& images, const VisionRequest& request) const;

  ClipConfig config_;
  // Named as in the checkpoint, without the `_` of other members.
  at::Tensor conv1;            // [width, 3, patch, patch]
  at::Tensor class_embedding;  // [width]
  PositionalEmbedding positional_embedding;
  LayerNorm ln_pre;
  std::vector<ResidualBlock> resblocks;
  std::vector<ResidualBlock> other_activation;  // the same weights, with the other activation
  LayerNorm ln_post;
  at::Tensor proj;  // [width, D]
  // The two matrices at the ends, where blocks are packed; null otherwise.
  std::shared_ptr<const cpu::BlockedProjection> packed_conv1, packed_proj;
};

}  // namespace anomalyclip
