#pragma once

#include <map>
#include <string>
#include <vector>

#include <anomalyclip/prompts.h>

namespace anomalyclip::trainer {

/// "vv", "qq+kk"
std::string attention_text(const std::vector<AttentionKind>& kinds);

/// "24", "6,12,18,24"
std::string features_text(const std::vector<int>& layers);

/// "0.001", "4.0"
std::string number_text(double number);

/// How prompts look at an image, by name: image_size, features, attention, dpam_from, the words, ...
std::map<std::string, std::string> recipe_text(const Prompts& recipe);

}  // namespace anomalyclip::trainer
