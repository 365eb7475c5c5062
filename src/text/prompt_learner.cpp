#include "text/prompt_learner.h"

#include <sstream>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linalg_vector_norm.h>

#include <anomalyclip/error.h>

namespace anomalyclip {
namespace {

std::string filled(std::string words, const std::string& class_name) {
  for (std::size_t at = 0; (at = words.find("{}", at)) != std::string::npos;
       at += class_name.size())
    words.replace(at, 2, class_name);
  return words;
}

void check_context(const at::Tensor& ctx, const char* name, std::int64_t width) {
  if (ctx.dim() == 4 && ctx.size(0) == 1 && ctx.size(1) == 1 && ctx.size(3) == width) return;
  std::ostringstream message;
  message << "\"" << name << "\" should have shape [1, 1, E, " << width
          << "] (this model's text width), and has " << ctx.sizes()
          << ": the prompts belong to another model";
  throw Error(ErrorCode::kMismatch, message.str());
}

}  // namespace

PromptLearner::PromptLearner(const TextTransformer& text, const Tokenizer& tokenizer,
                             LearnedPrompts learned, const PromptWords& words)
    : text_(text), learned_(std::move(learned)) {
  check_context(learned_.ctx_pos, "ctx_pos", text.config().text_width);
  check_context(learned_.ctx_neg, "ctx_neg", text.config().text_width);
  normal_ = surround(tokenizer, learned_.ctx_pos, filled(words.normal, words.class_name));
  abnormal_ = surround(tokenizer, learned_.ctx_neg, filled(words.abnormal, words.class_name));
}

PromptLearner::Surroundings PromptLearner::surround(const Tokenizer& tokenizer,
                                                    const at::Tensor& ctx,
                                                    const std::string& words) const {
  const std::int64_t length = ctx.size(2), context = text_.config().context_length;
  std::string sentence;
  for (std::int64_t i = 0; i < length; ++i) sentence += "X ";  // placeholders, one token each
  sentence += words + ".";
  const auto tokens = static_cast<std::int64_t>(tokenizer.encode(sentence).size()) + 2;
  if (tokens > context)
    throw Error(ErrorCode::kSettings,
                "\"" + words + "\" makes a prompt of " + std::to_string(tokens) +
                    " tokens, and this model reads " + std::to_string(context));
  const at::Tensor ids = tokenizer({sentence}, context);
  const at::Tensor embedded = text_.embed(ids);  // [1, context, width]
  return {embedded.slice(1, 0, 1), embedded.slice(1, 1 + length), tokens - 1};
}

at::Tensor PromptLearner::text_features(bool round_deep_to_half) const {
  std::vector<at::Tensor> deep = learned_.compound_prompts_text;
  if (round_deep_to_half)
    for (at::Tensor& prompt : deep) prompt = prompt.to(at::kHalf).to(at::kFloat);

  const at::Tensor normal =
      at::cat({normal_.prefix, learned_.ctx_pos[0], normal_.suffix}, 1);  // [1, context, width]
  const at::Tensor abnormal =
      at::cat({abnormal_.prefix, learned_.ctx_neg[0], abnormal_.suffix}, 1);  // [1, context, width]
  const at::Tensor features = text_.forward(
      at::cat({normal, abnormal}), {normal_.end, abnormal_.end}, deep,
      learned_.concatenated ? DeepPrompts::kBefore : DeepPrompts::kOverwrite);  // [2, D]
  return features / at::linalg_vector_norm(features, 2, at::IntArrayRef{-1}, /*keepdim=*/true)
                        .clamp_min(1e-12);
}

}  // namespace anomalyclip
