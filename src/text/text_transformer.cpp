#include "text/text_transformer.h"

#include <sstream>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/stack.h>

#include <anomalyclip/error.h>

namespace anomalyclip {
namespace {

ClipConfig infer_with_text(const Weights& weights) {
  ClipConfig config = ClipConfig::infer(weights);
  if (!config.has_text()) weights.get("token_embedding.weight");  // says what is missing
  return config;
}

/// Positions 1..t hold the prompt from here on, whatever the layers before made of them.
at::Tensor overwrite(const at::Tensor& x, const at::Tensor& prompt) {
  const std::int64_t t = prompt.size(0);
  const at::Tensor rows = prompt.expand({x.size(0), t, prompt.size(1)});
  return at::cat({x.slice(1, 0, 1), rows, x.slice(1, 1 + t)}, 1);
}

/// The block sees the prompt before its sequence; what it makes of it is not kept.
at::Tensor run_behind(const ResidualBlock& block, const at::Tensor& prompt, const at::Tensor& x) {
  const std::int64_t t = prompt.size(0);
  const at::Tensor rows = prompt.expand({x.size(0), t, prompt.size(1)});
  return block(at::cat({rows, x}, 1), /*causal=*/true).slice(1, t);
}

}  // namespace

TextTransformer::TextTransformer(const Weights& weights, at::Device device, at::ScalarType dtype)
    : TextTransformer(infer_with_text(weights), Parameters::copied(weights, device, dtype)) {}

TextTransformer TextTransformer::from_tensors(const Weights& weights) {
  return TextTransformer(infer_with_text(weights), Parameters::borrowed(weights));
}

TextTransformer::TextTransformer(const ClipConfig& config, const Parameters& parameters)
    : config_(config),
      token_embedding(
          parameters.exact("token_embedding.weight", {config.vocabulary, config.text_width})),
      positional_embedding(
          parameters.exact("positional_embedding", {config.context_length, config.text_width})),
      resblocks(read_resblocks(parameters.in("transformer"), config.text_layers, config.text_width,
                               config.activation)),
      ln_final(parameters.in("ln_final"), config.text_width),
      text_projection(parameters.exact("text_projection", {config.text_width, config.embed_dim})) {}

at::Tensor TextTransformer::forward(const at::Tensor& ids) const {
  return forward(embed(ids), end_positions(ids), {});
}

at::Tensor TextTransformer::forward(const at::Tensor& tokens, const std::vector<std::int64_t>& end,
                                    const std::vector<at::Tensor>& deep_prompts,
                                    DeepPrompts deep) const {
  check_deep_prompts(deep_prompts, deep);
  if (tokens.size(1) > config_.context_length)
    throw Error(ErrorCode::kMismatch, "A text has " + std::to_string(tokens.size(1)) +
                                          " tokens, and this model reads " +
                                          std::to_string(config_.context_length));
  // No token sees a later one: what lies behind the last end token is not computed.
  std::int64_t length = *std::max_element(end.begin(), end.end()) + 1;
  if (deep == DeepPrompts::kOverwrite)
    for (const at::Tensor& prompt : deep_prompts) length = std::max(length, 1 + prompt.size(0));

  at::Tensor x =
      tokens.slice(1, 0, length) + positional_embedding.slice(0, 0, length);  // [n, length, width]
  for (std::size_t i = 0; i < resblocks.size(); ++i) {
    if (deep == DeepPrompts::kBefore && i < deep_prompts.size()) {
      x = run_behind(resblocks[i], deep_prompts[i], x);  // [n, length, width]
      continue;
    }
    if (deep == DeepPrompts::kOverwrite && i >= 1 && i <= deep_prompts.size())
      x = overwrite(x, deep_prompts[i - 1]);  // [n, length, width]
    x = resblocks[i](x, /*causal=*/true);     // [n, length, width]
  }
  std::vector<at::Tensor> last;
  for (std::size_t row = 0; row < end.size(); ++row)
    last.push_back(x[static_cast<std::int64_t>(row)][end[row]]);
  return at::matmul(ln_final(at::stack(last)), text_projection);  // [n, D]
}

at::Tensor TextTransformer::embed(const at::Tensor& ids) const {
  const std::int64_t largest = ids.max().item<std::int64_t>();
  if (largest >= config_.vocabulary)
    throw Error(ErrorCode::kMismatch,
                "Token " + std::to_string(largest) + " is beyond this model's vocabulary of " +
                    std::to_string(config_.vocabulary) + ": its text tower cannot read words");
  return at::embedding(token_embedding, ids.to(device()));
}

void TextTransformer::check_deep_prompts(const std::vector<at::Tensor>& deep_prompts,
                                         DeepPrompts deep) const {
  const bool after_first = deep == DeepPrompts::kOverwrite;
  const std::int64_t layers = config_.text_layers - (after_first ? 1 : 0);
  if (static_cast<std::int64_t>(deep_prompts.size()) > layers)
    throw Error(ErrorCode::kMismatch,
                "There are deep prompts for " + std::to_string(deep_prompts.size()) + " layers" +
                    (after_first ? " after the first" : "") + ", and this model's text tower has " +
                    std::to_string(layers));
  for (const at::Tensor& prompt : deep_prompts) {
    if (prompt.dim() == 2 && prompt.size(1) == config_.text_width &&
        prompt.size(0) < config_.context_length)
      continue;
    std::ostringstream message;
    message << "A deep prompt should have shape [t, " << config_.text_width << "] with t below "
            << config_.context_length << ", and has " << prompt.sizes()
            << ": it belongs to another model";
    throw Error(ErrorCode::kMismatch, message.str());
  }
}

std::vector<std::int64_t> end_positions(const at::Tensor& ids) {
  const at::Tensor rows = ids.contiguous();
  std::vector<std::int64_t> positions;
  for (std::int64_t row = 0; row < rows.size(0); ++row) {
    const std::int64_t* first = rows.const_data_ptr<std::int64_t>() + row * rows.size(1);
    positions.push_back(std::max_element(first, first + rows.size(1)) - first);
  }
  return positions;
}

}  // namespace anomalyclip
