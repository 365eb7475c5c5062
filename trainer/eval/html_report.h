#pragma once

#include <string>
#include <vector>

#include "eval/evaluation.h"
#include "eval/pictures.h"

namespace anomalyclip::trainer {

/// Galleries in the order of the results: [data set][candidate][class].
using Galleries = std::vector<std::vector<std::vector<Gallery>>>;

/// A page that stands alone: tables, curves, histograms, the confusion table at the threshold, pictures, speed, problems.
/// It loads nothing and runs no script.
std::string to_html(const Evaluation& evaluation, const Galleries& galleries, bool against_paper);

}  // namespace anomalyclip::trainer
