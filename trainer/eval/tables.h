#pragma once

#include <string>

#include "eval/evaluation.h"

namespace anomalyclip::trainer {

// All numbers in percent, as the paper prints them; a number that is not defined is left out.
// against_paper: with the paper's number beside each, where it has one.

/// A table for each data set and candidate, a row a class, and the problems.
std::string to_markdown(const Evaluation& evaluation, bool against_paper);

/// One line a number: data set, candidate, method, class ("mean": over classes), images, metric, value, interval, the
/// paper's number and table.
std::string to_csv(const Evaluation& evaluation, bool against_paper);

/// Everything, each image's score too. Unrounded.
std::string to_json(const Evaluation& evaluation, bool against_paper);

/// A number as tables print it: "91.5", with its interval "91.5 (90.2–92.8)", with the paper's "91.5 [91.4]"; "–" where it
/// is not defined.
std::string cell(const Numbers& numbers, const Metric& metric, const std::string& paper_set,
                 const std::string& class_name, const std::string& method);

/// The metrics that any class of the data set has: columns without a single number are left out.
std::vector<Metric> metrics_in(const DataSetResult& data);

/// Which tables of the paper the bracketed numbers are from; empty where there is none.
std::string paper_note(const DataSetResult& data);

}  // namespace anomalyclip::trainer
