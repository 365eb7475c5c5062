#include "methods/word_methods.h"

#include <algorithm>

#include <anomalyclip/error.h>

namespace anomalyclip::trainer {
namespace {

using Texts = std::vector<std::string>;

/// The 80 templates that CLIP's authors average over for ImageNet.
Texts imagenet_templates() {
  return {
      "a bad photo of a {}.",
      "a photo of many {}.",
      "a sculpture of a {}.",
      "a photo of the hard to see {}.",
      "a low resolution photo of the {}.",
      "a rendering of a {}.",
      "graffiti of a {}.",
      "a bad photo of the {}.",
      "a cropped photo of the {}.",
      "a tattoo of a {}.",
      "the embroidered {}.",
      "a photo of a hard to see {}.",
      "a bright photo of a {}.",
      "a photo of a clean {}.",
      "a photo of a dirty {}.",
      "a dark photo of the {}.",
      "a drawing of a {}.",
      "a photo of my {}.",
      "the plastic {}.",
      "a photo of the cool {}.",
      "a close-up photo of a {}.",
      "a black and white photo of the {}.",
      "a painting of the {}.",
      "a painting of a {}.",
      "a pixelated photo of the {}.",
      "a sculpture of the {}.",
      "a bright photo of the {}.",
      "a cropped photo of a {}.",
      "a plastic {}.",
      "a photo of the dirty {}.",
      "a jpeg corrupted photo of a {}.",
      "a blurry photo of the {}.",
      "a photo of the {}.",
      "a good photo of the {}.",
      "a rendering of the {}.",
      "a {} in a video game.",
      "a photo of one {}.",
      "a doodle of a {}.",
      "a close-up photo of the {}.",
      "a photo of a {}.",
      "the origami {}.",
      "the {} in a video game.",
      "a sketch of a {}.",
      "a doodle of the {}.",
      "a origami {}.",
      "a low resolution photo of a {}.",
      "the toy {}.",
      "a rendition of the {}.",
      "a photo of the clean {}.",
      "a photo of a large {}.",
      "a rendition of a {}.",
      "a photo of a nice {}.",
      "a photo of a weird {}.",
      "a blurry photo of a {}.",
      "a cartoon {}.",
      "art of a {}.",
      "a sketch of the {}.",
      "a embroidered {}.",
      "a pixelated photo of a {}.",
      "itap of the {}.",
      "a jpeg corrupted photo of the {}.",
      "a good photo of a {}.",
      "a plushie {}.",
      "a photo of the nice {}.",
      "a photo of the small {}.",
      "a photo of the weird {}.",
      "the cartoon {}.",
      "art of the {}.",
      "a drawing of the {}.",
      "a photo of the large {}.",
      "a black and white photo of a {}.",
      "the plushie {}.",
      "a dark photo of a {}.",
      "itap of a {}.",
      "graffiti of the {}.",
      "a toy {}.",
      "itap of my {}.",
      "a photo of a cool {}.",
      "a photo of a small {}.",
      "a tattoo of the {}.",
  };
}

/// WinCLIP's templates as its authors' code has them: 21 sentences, one of them twice.
Texts winclip_templates() {
  return {"a cropped photo of the {}.",
          "a close-up photo of a {}.",
          "a close-up photo of the {}.",
          "a bright photo of a {}.",
          "a bright photo of the {}.",
          "a dark photo of the {}.",
          "a dark photo of a {}.",
          "a jpeg corrupted photo of the {}.",
          "a jpeg corrupted photo of the {}.",
          "a blurry photo of the {}.",
          "a blurry photo of a {}.",
          "a photo of a {}.",
          "a photo of the {}.",
          "a photo of a small {}.",
          "a photo of the small {}.",
          "a photo of a large {}.",
          "a photo of the large {}.",
          "a photo of the {} for visual inspection.",
          "a photo of a {} for visual inspection.",
          "a photo of the {} for anomaly detection.",
          "a photo of a {} for anomaly detection."};
}

/// VAND's 35.
Texts vand_templates() {
  Texts templates;
  for (const char* kind : {"bad", "low resolution", "cropped", "bright", "dark", "close-up",
                           "black and white", "jpeg corrupted", "blurry", "good"})
    for (const char* article : {"a", "the"})
      templates.push_back(std::string("a ") + kind + " photo of " + article + " {}.");
  const Texts others = {
      "a photo of my {}.",          "a photo of the cool {}.",      "a photo of a cool {}.",
      "a photo of the {}.",         "a photo of one {}.",           "a photo of a {}.",
      "a photo of a large {}.",     "a photo of the large {}.",     "a photo of the small {}.",
      "a photo of a small {}.",     "there is a {} in the scene.",  "there is the {} in the scene.",
      "this is a {} in the scene.", "this is the {} in the scene.", "this is one {} in the scene."};
  templates.insert(templates.end(), others.begin(), others.end());
  return templates;
}

/// The states of WinCLIP and VAND.
Texts normal_states() {
  return {"{}",
          "flawless {}",
          "perfect {}",
          "unblemished {}",
          "{} without flaw",
          "{} without defect",
          "{} without damage"};
}

WordMethod clip(const ClipConfig& model) {
  const TextEnsemble text{{"{}"}, {"A photo of a normal {}"}, {"A photo of an anomalous {}"}};
  return {text, plain_recipe("clip", model)};
}

WordMethod clip_ac(const ClipConfig& model) {
  const TextEnsemble text{imagenet_templates(), {"normal {}"}, {"anomalous {}"}};
  return {text, plain_recipe("clip-ac", model)};
}

WordMethod winclip(const ClipConfig& model) {
  const TextEnsemble text{winclip_templates(),
                          normal_states(),
                          {"damaged {}", "{} with flaw", "{} with defect", "{} with damage"},
                          Ensemble::kOfFeatures};
  Prompts recipe = plain_recipe("winclip", model);
  recipe.image_size = static_cast<int>(model.image_resolution);
  recipe.global_ln_post = true;
  recipe.positions = Interpolation::kBicubic;
  recipe.sigma = 0;
  return {text, recipe};
}

WordMethod vand(const ClipConfig& model) {
  const TextEnsemble text{
      vand_templates(),
      normal_states(),
      {"damaged {}", "broken {}", "{} with flaw", "{} with defect", "{} with damage"}};
  Prompts recipe = plain_recipe("vand", model);
  recipe.features = four_layers(model);
  recipe.global_ln_post = true;
  recipe.positions = Interpolation::kBicubic;
  // Its code rebuilds the model for another image size, and forgets QuickGELU on the way.
  recipe.activation = Activation::kGelu;
  recipe.temperature = 0.01;
  recipe.sigma = 0;
  return {text, recipe};
}

}  // namespace

const std::vector<std::string>& word_methods() {
  static const std::vector<std::string> names = {"clip", "clip-ac", "winclip", "vand"};
  return names;
}

WordMethod word_method(const std::string& name, const ClipConfig& model) {
  if (name == "clip") return clip(model);
  if (name == "clip-ac") return clip_ac(model);
  if (name == "winclip") return winclip(model);
  if (name == "vand") return vand(model);
  throw Error(ErrorCode::kSettings,
              "a method that makes its text from words is clip, clip-ac, winclip or vand, and \"" +
                  name + "\" is none");
}

Prompts plain_recipe(const std::string& method, const ClipConfig& model) {
  Prompts recipe;
  recipe.method = method;
  recipe.image_size = published_image_size(model);
  recipe.dpam_from = 0;
  recipe.features = {static_cast<int>(model.vision_layers)};
  return recipe;
}

std::string words_text(const std::vector<std::string>& states) {
  std::string text;
  for (const std::string& state : states) text += (text.empty() ? "" : " | ") + state;
  return text;
}

int published_image_size(const ClipConfig& model) {
  const auto patch = static_cast<int>(model.patch_size);
  return std::max(1, (518 + patch / 2) / patch) * patch;
}

std::vector<int> four_layers(const ClipConfig& model) {
  std::vector<int> layers;
  for (int quarter = 1; quarter <= 4; ++quarter) {
    const int layer = std::max(1, static_cast<int>(model.vision_layers) * quarter / 4);
    if (layers.empty() || layer > layers.back()) layers.push_back(layer);
  }
  return layers;
}

}  // namespace anomalyclip::trainer
