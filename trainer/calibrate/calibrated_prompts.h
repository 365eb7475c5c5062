#pragma once

#include <string>

#include <anomalyclip/prompts.h>

namespace anomalyclip::trainer {

/// Writes `prompts` to `output` with the further tensors of the file `source` that they were read from (contexts, adapters,
/// references): a prompt file like it, but for what was changed in `prompts`.
/// @throws Error
void write_calibrated(const std::string& source, const Prompts& prompts, const std::string& output);

}  // namespace anomalyclip::trainer
