#include "loop/recipe_text.h"

#include <charconv>

#include "common/joined.h"

namespace anomalyclip::trainer {
namespace {

const char* name(AttentionKind kind) {
  switch (kind) {
    case AttentionKind::kQQ:
      return "qq";
    case AttentionKind::kKK:
      return "kk";
    case AttentionKind::kQK:
      return "qk";
    default:
      return "vv";
  }
}

}  // namespace

std::string attention_text(const std::vector<AttentionKind>& kinds) {
  std::vector<std::string> names;
  for (const AttentionKind kind : kinds) names.push_back(name(kind));
  return joined(names, "+");
}

std::string features_text(const std::vector<int>& layers) {
  std::vector<std::string> numbers;
  for (const int layer : layers) numbers.push_back(std::to_string(layer));
  return joined(numbers, ",");
}

std::string number_text(double number) {
  char buffer[64];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, number);
  const std::string text(buffer, result.ptr);
  return text.find_first_not_of("-0123456789") == text.npos ? text + ".0" : text;
}

std::map<std::string, std::string> recipe_text(const Prompts& recipe) {
  return {{"image_size", std::to_string(recipe.image_size)},
          {"features", features_text(recipe.features)},
          {"dpam_from", std::to_string(recipe.dpam_from)},
          {"attention", attention_text(recipe.attention)},
          {"normal_template", recipe.normal_template},
          {"abnormal_template", recipe.abnormal_template},
          {"class_name", recipe.class_name}};
}

}  // namespace anomalyclip::trainer
