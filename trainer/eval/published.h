#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/evaluation.h"

namespace anomalyclip::trainer {

/// A number that the AnomalyCLIP paper prints.
struct Published {
  double percent;
  std::string table;  ///< "1", "15": of the paper
};

/// The paper's name of a data set ("MVTec AD"), by its classes, or, for those of one class, by its own name ("Kvasir-SEG");
/// empty for any other.
std::string paper_name(const DataSetResult& data);

/// @param data_set  as paper_name() gives it
/// @param class_name  "mean" for the mean over classes
/// @param method  of the prompt file: anomalyclip, clip, clip-ac, winclip, vand, coop
/// @param metric  Metric::key
std::optional<Published> published(const std::string& data_set, const std::string& class_name,
                                   const std::string& method, const std::string& metric);

}  // namespace anomalyclip::trainer
