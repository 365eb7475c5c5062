#include "methods/make_prompts.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <c10/core/InferenceMode.h>

#include <nlohmann/json.hpp>

#include <anomalyclip/error.h>

#include "checkpoint/model_file.h"
#include "checkpoint/safetensors.h"
#include "methods/references.h"
#include "methods/word_methods.h"
#include "text/prompt_learner.h"

namespace anomalyclip::trainer {
namespace {

void assign(Prompts& prompts, const at::Tensor& features) {
  const at::Tensor values = features.detach().to(at::kCPU, at::kFloat).contiguous();
  const float* first = values.const_data_ptr<float>();
  prompts.text_features.assign(first, first + values.numel());
}

/// A context stands before the class's name as words do, without underscores.
std::string spaced(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

LearnedPrompts learned_of(const std::map<std::string, at::Tensor>& tensors, const Prompts& prompts,
                          const std::string& path) {
  if (!tensors.contains("ctx_pos") || !tensors.contains("ctx_neg"))
    throw Error(ErrorCode::kSettings,
                path + " holds no learned context to put to another class (ctx_pos, ctx_neg)");
  LearnedPrompts learned{tensors.at("ctx_pos"), tensors.at("ctx_neg"), {}};
  const auto deep = [](std::size_t i) { return "compound_prompts_text." + std::to_string(i); };
  for (std::size_t i = 0; tensors.contains(deep(i)); ++i)
    learned.compound_prompts_text.push_back(tensors.at(deep(i)));
  const auto how = prompts.metadata.find("deep_prompts");
  learned.concatenated = how != prompts.metadata.end() && how->second == "before";
  return learned;
}

/// What is left of a file's tensors beside those that the prompts hold themselves.
std::map<std::string, at::Tensor> learned_tensors(std::map<std::string, at::Tensor> tensors) {
  std::erase_if(tensors, [](const auto& entry) {
    return !entry.first.starts_with("ctx_") && !entry.first.starts_with("compound_prompts_text.");
  });
  return tensors;
}

void forget_what_was_of_the_class(Prompts& prompts) {
  prompts.threshold.reset();
  prompts.pixel_threshold.reset();
  std::erase_if(prompts.tensors,
                [](const auto& entry) { return entry.first.starts_with("references."); });
}

void check_fingerprint(const Prompts& prompts, const std::string& fingerprint,
                       const std::string& model) {
  if (prompts.model_fingerprint == fingerprint) return;
  throw Error(ErrorCode::kMismatch, prompts.name + " belongs to another model: it was made for " +
                                        prompts.model_fingerprint + ", and " + model + " is " +
                                        fingerprint);
}

void check_image_size(int size, const ClipConfig& model) {
  const auto patch = static_cast<int>(model.patch_size);
  if (size % patch == 0) return;
  throw Error(ErrorCode::kSettings,
              "the image size should be a multiple of the model's patch size, " +
                  std::to_string(patch) + " pixels, and is " + std::to_string(size) +
                  "; the nearest is " +
                  std::to_string(std::max(1, (size + patch / 2) / patch) * patch));
}

}  // namespace

PromptMaker::PromptMaker(Weights weights, at::Device device)
    : weights_(std::move(weights)), device_(device), fingerprint_(fingerprint(weights_)) {}

PromptMaker::~PromptMaker() = default;

const TextTransformer& PromptMaker::text(std::optional<Activation> activation) {
  auto& tower = towers_[activation.value_or(ClipConfig::infer(weights_).activation)];
  if (!tower) tower = text_tower(weights_, device_, activation);
  return *tower;
}

void PromptMaker::set_text(PromptDraft& draft, const std::string& method,
                           const std::string& class_name) {
  const c10::InferenceMode inference;
  Prompts& prompts = draft.prompts;
  const WordMethod words = word_method(method, ClipConfig::infer(weights_));
  assign(prompts, text_features(text(prompts.activation), tokenizer_, words.text, class_name));
  prompts.class_name = class_name;
  prompts.normal_template = words_text(words.text.normal);
  prompts.abnormal_template = words_text(words.text.abnormal);
}

PromptDraft PromptMaker::from_words(const std::string& method, const std::string& class_name,
                                    int image_size) {
  if (method == "vand" || method == "coop" || method == "anomalyclip")
    throw Error(ErrorCode::kSettings, "the method " + method +
                                          " learns from images: `anomalyclip train --method " +
                                          method +
                                          "` makes its prompts, and --from puts them to another "
                                          "class");
  PromptDraft draft;
  const ClipConfig model = ClipConfig::infer(weights_);
  const WordMethod words = word_method(method, model);
  draft.prompts = words.recipe;
  draft.prompts.model_fingerprint = fingerprint_;
  if (image_size > 0) draft.prompts.image_size = image_size;
  check_image_size(draft.prompts.image_size, model);
  set_text(draft, method, class_name);
  draft.prompts.metadata["training"] = nlohmann::json{
      {"made_from", "words"},
      {"templates", words.text.templates.size()},
      {"version", ANOMALYCLIP_VERSION}}.dump();
  return draft;
}

PromptDraft PromptMaker::from_trained(const std::string& path, std::string class_name) {
  PromptDraft draft{*Prompts::load(path), learned_tensors(read_safetensors(path).tensors)};
  Prompts& prompts = draft.prompts;
  check_fingerprint(prompts, fingerprint_, weights_.source());
  if (class_name.empty()) class_name = prompts.class_name;
  forget_what_was_of_the_class(prompts);
  if (prompts.method == "vand") {
    set_text(draft, "vand", class_name);
    return draft;
  }
  if (prompts.method != "anomalyclip" && prompts.method != "coop")
    throw Error(ErrorCode::kSettings, path + " was made from words by the method " +
                                          prompts.method + ": make it anew with --method " +
                                          prompts.method + ", without --from");
  const c10::InferenceMode inference;
  prompts.class_name = spaced(class_name);
  const PromptLearner learner(
      text(prompts.activation), tokenizer_, learned_of(draft.learned, prompts, path),
      {prompts.normal_template, prompts.abnormal_template, prompts.class_name});
  assign(prompts, learner.text_features());
  return draft;
}

void PromptMaker::set_references(PromptDraft& draft, const std::vector<std::string>& images) {
  const c10::InferenceMode inference;
  const VisionTransformer vision(weights_, device_, at::kFloat);
  trainer::set_references(draft.prompts, vision, images);
}

}  // namespace anomalyclip::trainer
