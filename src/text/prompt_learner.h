#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "text/text_transformer.h"
#include "text/tokenizer.h"

namespace anomalyclip {

/// What training learns, named as in the checkpoints.
struct LearnedPrompts {
  at::Tensor ctx_pos;  ///< [1, 1, E, width] context of the normal prompt
  at::Tensor ctx_neg;  ///< [1, 1, E, width] context of the abnormal prompt
  /// [t, width] each: deep prompts of layers 2, 3, ..., shared by both prompts.
  std::vector<at::Tensor> compound_prompts_text;
  /// Deep prompts stand before the sequence of layers 1, 2, ... instead (DeepPrompts::kBefore).
  bool concatenated = false;
};

/// The words behind the learned context; "{}" stands for the class name.
struct PromptWords {
  std::string normal = "{}";
  std::string abnormal = "damaged {}";
  std::string class_name = "object";
};

/// Object-agnostic prompts (paper section 3.2): [start][E learned tokens][words.][end] for
/// "normal" and for "abnormal", and learned tokens that overwrite positions 1..t of the deeper
/// layers.
class PromptLearner {
 public:
  /// @param text  must outlive this
  /// @throws Error kMismatch (prompts of another model: expected and found shape), kSettings
  ///         (words too long)
  PromptLearner(const TextTransformer& text, const Tokenizer& tokenizer, LearnedPrompts learned,
                const PromptWords& words = {});

  /// [2, D] unit rows: 0 normal, 1 abnormal. Differentiable in the learned prompts.
  /// @param round_deep_to_half  round the deep prompts as the reference code does; published
  ///                            checkpoints were trained that way
  at::Tensor text_features(bool round_deep_to_half = false) const;

  const LearnedPrompts& learned() const { return learned_; }

 private:
  /// One prompt, embedded: what stands before and behind the learned context.
  struct Surroundings {
    at::Tensor prefix;  // [1, 1, width]
    at::Tensor suffix;  // [1, context - 1 - E, width]
    std::int64_t end;   // position of the end token
  };

  Surroundings surround(const Tokenizer& tokenizer, const at::Tensor& ctx,
                        const std::string& words) const;

  const TextTransformer& text_;
  LearnedPrompts learned_;
  Surroundings normal_, abnormal_;
};

}  // namespace anomalyclip
