#pragma once

#include <string>
#include <vector>

#include "loop/training_state.h"

namespace anomalyclip::trainer {

/// Draws the loss and its terms against the epochs as a PNG, which appears whole or not at all. Logarithmic where all
/// values are positive.
/// @throws Error kNotFound (no such folder), kSettings (cannot be written)
void save_curves(const std::string& path, const std::vector<EpochRecord>& history);

}  // namespace anomalyclip::trainer
