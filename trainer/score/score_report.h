#pragma once

#include <string>
#include <variant>
#include <vector>

#include <anomalyclip/engine.h>
#include <anomalyclip/result.h>

namespace anomalyclip::trainer {

/// What became of one image: a result, or the reason why there is none.
struct ScoredImage {
  std::string path;
  std::variant<AnomalyResult, std::string> outcome;

  const AnomalyResult* result() const { return std::get_if<AnomalyResult>(&outcome); }
};

/// One JSON object in one line, with the keys of the element's results.
std::string to_json_line(const ScoredImage& image, const ModelInfo& model, const Prompts& prompts);

/// A table for people: score, verdict, regions, path; the failed ones with their reason; a closing line of counts.
std::string to_table(const std::vector<ScoredImage>& images);

}  // namespace anomalyclip::trainer
