#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <anomalyclip/prompts.h>

#include "core/weights.h"
#include "text/text_transformer.h"
#include "text/tokenizer.h"

namespace anomalyclip::trainer {

/// A prompt file in the making: what save_prompts() takes.
struct PromptDraft {
  Prompts prompts;
  std::map<std::string, at::Tensor> learned;  ///< ctx_pos, ctx_neg, compound_prompts_text.{i}
};

/// Makes prompts of one model for classes by name. Loads the towers that it needs, once.
class PromptMaker {
 public:
  /// @param weights  kept
  /// @throws Error kMismatch (no text tower: prompts need one), kNotFinite, kNotFound (the vocabulary)
  PromptMaker(Weights weights, at::Device device);
  ~PromptMaker();

  /// Text features from words alone: clip, clip-ac, winclip.
  /// @param image_size  pixels; 0: the method's
  /// @throws Error kSettings (another method; vand, coop and anomalyclip are trained)
  PromptDraft from_words(const std::string& method, const std::string& class_name, int image_size);

  /// A trained file's prompts put to another class: learned contexts (anomalyclip, coop) around another name, or
  /// adapters (vand) beside other words. Thresholds do not carry over: they were found on another class.
  /// @param class_name  empty: the file's
  /// @throws Error kMismatch (prompts of another model), kSettings (prompts that were not trained), kNotFound, kRead
  PromptDraft from_trained(const std::string& path, std::string class_name);

  /// See references.h. @throws Error as there
  void set_references(PromptDraft& draft, const std::vector<std::string>& images);

 private:
  const TextTransformer& text(std::optional<Activation> activation);
  void set_text(PromptDraft& draft, const std::string& method, const std::string& class_name);

  Weights weights_;
  at::Device device_;
  std::string fingerprint_;
  Tokenizer tokenizer_;
  std::map<Activation, std::unique_ptr<const TextTransformer>> towers_;
};

}  // namespace anomalyclip::trainer
