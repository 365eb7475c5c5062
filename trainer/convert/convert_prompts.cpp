#include "convert/convert_prompts.h"

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <utility>

#include <ATen/ops/allclose.h>

#include <nlohmann/json.hpp>

#include <anomalyclip/error.h>

#include "checkpoint/model_file.h"
#include "checkpoint/prompt_file.h"
#include "checkpoint/torch_archive.h"
#include "common/published_recipe.h"
#include "text/prompt_learner.h"

namespace anomalyclip::trainer {
namespace {

/// What the reference saved, with its file's name for messages.
class UpstreamCheckpoint {
 public:
  explicit UpstreamCheckpoint(const std::string& path)
      : path_(path), tensors_(read_torch_archive(path).tensors) {}

  [[noreturn]] void fail(const std::string& fault) const {
    throw Error(ErrorCode::kMismatch, path_ + ": " + fault);
  }

  bool has(const std::string& key) const { return tensors_.contains(key); }

  const at::Tensor& get(const std::string& key) const {
    const auto found = tensors_.find(key);
    if (found == tensors_.end())
      fail("has no tensor \"" + key +
           "\": it is not a prompt checkpoint of the reference implementation");
    return found->second;
  }

  at::Tensor floats(const std::string& key) const { return get(key).to(at::kFloat); }

  LearnedPrompts learned() const {
    LearnedPrompts learned{floats("ctx_pos"), floats("ctx_neg"), {}};
    for (int i = 0; has(deep_name(i)); ++i)
      learned.compound_prompts_text.push_back(floats(deep_name(i)).to(at::kHalf).to(at::kFloat));
    const auto deep = std::ranges::count_if(tensors_, [](const auto& entry) {
      return entry.first.starts_with("compound_prompts_text.");
    });
    if (std::size_t(deep) != learned.compound_prompts_text.size())
      fail("its compound_prompts_text are not numbered from 0 on");
    return learned;
  }

  static std::string deep_name(int i) { return "compound_prompts_text." + std::to_string(i); }

 private:
  std::string path_;
  std::map<std::string, at::Tensor> tensors_;
};

std::string sentence(std::int64_t context, const std::string& words) {
  std::string text;
  for (std::int64_t i = 0; i < context; ++i) text += "X ";
  return text + words + ".";
}

// The checkpoint repeats what it was made with: the ids of its words, and their embeddings in its model.
void check_words(const UpstreamCheckpoint& checkpoint, const TextTransformer& text,
                 const Tokenizer& tokenizer, const std::string& name, const std::string& words) {
  const std::int64_t context = checkpoint.get("ctx_" + name).size(2);
  const at::Tensor ids = tokenizer({sentence(context, words)}, text.config().context_length);
  if (checkpoint.has("tokenized_prompts_" + name)) {
    const at::Tensor theirs =
        checkpoint.get("tokenized_prompts_" + name).to(at::kLong).reshape({-1});
    if (!theirs.equal(ids[0]))
      checkpoint.fail("its prompts have other words than \"" + words +
                      "\", which the reference implementation uses");
  }
  const at::Tensor embedded = text.embed(ids)[0];
  for (const auto& [part, begin, end] :
       {std::tuple{"token_prefix_", std::int64_t(0), std::int64_t(1)},
        {"token_suffix_", 1 + context, embedded.size(0)}}) {
    if (!checkpoint.has(part + name)) continue;
    const at::Tensor ours = embedded.slice(0, begin, end), theirs = checkpoint.floats(part + name);
    // As far apart as rounding to half may bring them.
    if (theirs.numel() != ours.numel() ||
        !at::allclose(theirs.reshape(ours.sizes()), ours, 2e-3, 1e-5))
      checkpoint.fail("was trained on another model: its \"" + std::string(part) + name +
                      "\" are not this model's token embeddings");
  }
}

void check_finite(const UpstreamCheckpoint& checkpoint, const LearnedPrompts& learned,
                  const std::string& path) {
  std::map<std::string, at::Tensor> tensors{{"ctx_pos", learned.ctx_pos},
                                            {"ctx_neg", learned.ctx_neg}};
  for (std::size_t i = 0; i < learned.compound_prompts_text.size(); ++i)
    tensors.emplace(checkpoint.deep_name(int(i)), learned.compound_prompts_text[i]);
  require_finite(Weights(std::move(tensors), {}, path));
}

Prompts published_settings(const ClipConfig& model, const at::Tensor& features) {
  const at::Tensor values = features.to(at::kFloat).contiguous();
  Prompts prompts = published_recipe(model);
  prompts.text_features.assign(values.const_data_ptr<float>(),
                               values.const_data_ptr<float>() + values.numel());
  return prompts;
}

}  // namespace

void convert_prompts(const PromptConversion& conversion, std::ostream& report) {
  const UpstreamCheckpoint checkpoint(conversion.prompts);
  const LearnedPrompts learned = checkpoint.learned();
  check_finite(checkpoint, learned, conversion.prompts);
  const Weights weights = load_model(conversion.model);
  const TextTransformer text = TextTransformer(weights, at::kCPU, at::kFloat);
  const Tokenizer tokenizer;
  const PromptWords words;
  const PromptLearner learner(text, tokenizer, learned, words);
  check_words(checkpoint, text, tokenizer, "pos", words.class_name);
  check_words(checkpoint, text, tokenizer, "neg", "damaged " + words.class_name);

  Prompts prompts = published_settings(text.config(), learner.text_features());
  prompts.model_fingerprint = fingerprint(weights);
  prompts.class_name = words.class_name;
  prompts.normal_template = words.normal;
  prompts.abnormal_template = words.abnormal;
  prompts.metadata["training"] = nlohmann::json{
      {"converted_from", std::filesystem::path(conversion.prompts).filename().string()},
      {"deep_prompts",
       "rounded to half"}}.dump();
  std::map<std::string, at::Tensor> extra{{"ctx_pos", learned.ctx_pos},
                                          {"ctx_neg", learned.ctx_neg}};
  for (std::size_t i = 0; i < learned.compound_prompts_text.size(); ++i)
    extra.emplace(UpstreamCheckpoint::deep_name(int(i)), learned.compound_prompts_text[i]);
  save_prompts(conversion.output, prompts, extra);

  report << "recognised   prompts of the reference implementation: " << learned.ctx_pos.size(2)
         << " learned tokens, " << learned.compound_prompts_text.size()
         << " deep prompts (rounded to half)\n"
         << "settings     " << prompts.image_size << " px, V-V attention from layer "
         << prompts.dpam_from << " on, features of layer " << prompts.features.front()
         << ", no thresholds yet (anomalyclip calibrate finds them)\n"
         << "model        " << std::filesystem::path(conversion.model).filename().string()
         << ", fingerprint " << prompts.model_fingerprint << '\n'
         << "wrote        " << std::filesystem::path(conversion.output).filename().string() << '\n';
}

}  // namespace anomalyclip::trainer
