#pragma once

#include <string>

namespace anomalyclip::trainer {

/// The texts in one, with a separator between them.
template <typename Texts>
std::string joined(const Texts& texts, const std::string& separator) {
  std::string all;
  bool first = true;
  for (const auto& text : texts) {
    if (!first) all += separator;
    all += text;
    first = false;
  }
  return all;
}

}  // namespace anomalyclip::trainer
