#include "methods/text_ensemble.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/stack.h>

#include <anomalyclip/error.h>

namespace anomalyclip::trainer {
namespace {

/// Sentences that go through the text tower at once.
constexpr std::size_t kAtOnce = 64;

std::string filled(std::string text, const std::string& words) {
  for (std::size_t at = 0; (at = text.find("{}", at)) != std::string::npos; at += words.size())
    text.replace(at, 2, words);
  return text;
}

at::Tensor unit(const at::Tensor& features) {
  return features / at::linalg_vector_norm(features, 2, at::IntArrayRef{-1}, /*keepdim=*/true)
                        .clamp_min(1e-12);
}

/// The tokenizer would cut a sentence that is too long, and with it the words that matter.
void check_length(const Tokenizer& tokenizer, const std::string& sentence, std::int64_t context) {
  const auto tokens = static_cast<std::int64_t>(tokenizer.encode(sentence).size()) + 2;
  if (tokens > context)
    throw Error(ErrorCode::kSettings, "\"" + sentence + "\" has " + std::to_string(tokens) +
                                          " tokens, and this model reads " +
                                          std::to_string(context) + ": shorten the class's name");
}

/// [sentences, D]
at::Tensor encode(const TextTransformer& text, const Tokenizer& tokenizer,
                  const std::vector<std::string>& all) {
  const std::int64_t context = text.config().context_length;
  for (const std::string& sentence : all) check_length(tokenizer, sentence, context);
  std::vector<at::Tensor> features;
  for (std::size_t first = 0; first < all.size(); first += kAtOnce) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(first);
    const auto count = std::min(kAtOnce, all.size() - first);
    const std::vector<std::string> some(begin, begin + static_cast<std::ptrdiff_t>(count));
    features.push_back(text.forward(tokenizer(some, context)));
  }
  return at::cat(features);
}

}  // namespace

std::unique_ptr<const TextTransformer> text_tower(const Weights& weights, at::Device device,
                                                  std::optional<Activation> activation) {
  if (!activation) return std::make_unique<const TextTransformer>(weights, device, at::kFloat);
  auto metadata = weights.metadata();
  metadata["activation"] = *activation == Activation::kGelu ? "gelu" : "quick_gelu";
  return std::make_unique<const TextTransformer>(
      Weights(weights.tensors(), metadata, weights.source()), device, at::kFloat);
}

std::vector<std::string> sentences(const std::vector<std::string>& templates,
                                   const std::vector<std::string>& states,
                                   const std::string& class_name) {
  std::vector<std::string> all;
  for (const std::string& state : states)
    for (const std::string& form : templates)
      all.push_back(filled(form, filled(state, class_name)));
  return all;
}

at::Tensor text_features(const TextTransformer& text, const Tokenizer& tokenizer,
                         const TextEnsemble& ensemble, const std::string& class_name) {
  if (class_name.find_first_not_of(" \t") == std::string::npos)
    throw Error(ErrorCode::kSettings,
                "a class's name is needed, as people say it: \"metal nut\", \"bottle\"");
  std::vector<at::Tensor> rows;
  for (const auto& states : {ensemble.normal, ensemble.abnormal}) {
    at::Tensor features =
        encode(text, tokenizer, sentences(ensemble.templates, states, class_name));
    if (ensemble.average == Ensemble::kOfUnitFeatures) features = unit(features);
    rows.push_back(features.mean(0));
  }
  return unit(at::stack(rows));
}

}  // namespace anomalyclip::trainer
