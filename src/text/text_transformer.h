#pragma once

#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include "model/clip_config.h"
#include "model/layer_norm.h"
#include "model/residual_block.h"

namespace anomalyclip {

/// What deep prompts do to the sequence of tokens.
enum class DeepPrompts {
  /// Overwrite positions 1..t of the input of layers 2, 3, ...: what the reference implementation
  /// does, and what gave the published numbers.
  kOverwrite,
  /// Stand before the sequence of layers 1, 2, ... and are taken off behind each: the paper's
  /// wording (section 3.2, equation 3). They have no positions.
  kBefore,
};

/// CLIP's text tower, with deep prompts (paper section 3.2). Immutable: threads may share one.
class TextTransformer {
 public:
  /// Copies the text tensors of a checkpoint to `device`.
  /// @param dtype  of the matrix products, as for the image tower
  /// @throws Error kMismatch (a tensor missing or misshapen, no text tower), kNotFinite; each
  ///         names the key
  TextTransformer(const Weights& weights, at::Device device, at::ScalarType dtype);

  /// Runs on the tensors themselves: gradients reach those that require them.
  /// @throws Error kMismatch
  static TextTransformer from_tensors(const Weights& weights);

  /// ids [n, context] int64 on the CPU -> [n, D] features, not normalised.
  /// @throws Error kMismatch (a token beyond the model's vocabulary, or more tokens than its
  ///         context)
  at::Tensor forward(const at::Tensor& ids) const;

  /// The same from embedded tokens.
  /// @param tokens        [n, context, width], without positions
  /// @param end           position of each row's end token: the smallest index of the largest id
  /// @param deep_prompts  deep_prompts[i] [t, width]: of layer 2 + i where they overwrite, of layer
  ///                      1 + i where they stand before
  /// @throws Error kMismatch (deep prompts that do not fit the layers or the context)
  at::Tensor forward(const at::Tensor& tokens, const std::vector<std::int64_t>& end,
                     const std::vector<at::Tensor>& deep_prompts,
                     DeepPrompts deep = DeepPrompts::kOverwrite) const;

  /// ids [n, tokens] int64 on the CPU -> [n, tokens, width]
  /// @throws Error kMismatch (a token beyond the model's vocabulary)
  at::Tensor embed(const at::Tensor& ids) const;

  const ClipConfig& config() const { return config_; }
  at::Device device() const { return text_projection.device(); }

 private:
  TextTransformer(const ClipConfig& config, const Parameters& parameters);

  void check_deep_prompts(const std::vector<at::Tensor>& deep_prompts, DeepPrompts deep) const;

  ClipConfig config_;
  // Named as in the checkpoint.
  at::Tensor token_embedding;       // [vocabulary, width]
  at::Tensor positional_embedding;  // [context, width]
  std::vector<ResidualBlock> resblocks;
  LayerNorm ln_final;
  at::Tensor text_projection;  // [width, D]
};

/// The position of the end token in each row of ids [n, context].
std::vector<std::int64_t> end_positions(const at::Tensor& ids);

}  // namespace anomalyclip
