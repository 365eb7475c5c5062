#pragma once

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

/// The text tower as a method runs it.
/// @param activation  unset: the model's
/// @throws Error as TextTransformer's constructor
std::unique_ptr<const TextTransformer> text_tower(const Weights& weights, at::Device device,
                                                  std::optional<Activation> activation);

/// What is averaged over the sentences of a state, before the length becomes 1.
enum class Ensemble {
  kOfUnitFeatures,  ///< features of length 1, as CLIP's authors do
  kOfFeatures,      ///< features as the tower gives them, as WinCLIP does
};

/// Sentences for "normal" and "abnormal": each template around each state phrase of a class's name.
struct TextEnsemble {
  std::vector<std::string> templates;         ///< "{}" stands for a state phrase
  std::vector<std::string> normal, abnormal;  ///< state phrases; "{}" stands for the class's name
  Ensemble average = Ensemble::kOfUnitFeatures;
};

/// The sentences of one state, phrase by phrase.
/// @param states  `normal` or `abnormal`
std::vector<std::string> sentences(const std::vector<std::string>& templates,
                                   const std::vector<std::string>& states,
                                   const std::string& class_name);

/// [2, D] unit rows on the tower's device: 0 normal, 1 abnormal.
/// @throws Error kSettings (no class name; one so long that a sentence is more than the model reads),
///         kMismatch (a vocabulary smaller than the words')
at::Tensor text_features(const TextTransformer& text, const Tokenizer& tokenizer,
                         const TextEnsemble& ensemble, const std::string& class_name);

}  // namespace anomalyclip::trainer
