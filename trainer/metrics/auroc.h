#pragma once

#include <cstdint>
#include <vector>

namespace anomalyclip::metrics {

/// Area under the ROC curve: how likely a positive has a higher score than a negative, ties counting half.
/// @param positive  one entry a score: not 0 for a positive
/// @returns NaN when one of the two kinds is missing
double auroc(const std::vector<float>& scores, const std::vector<std::uint8_t>& positive);

}  // namespace anomalyclip::metrics
