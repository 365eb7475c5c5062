#pragma once

#include <string>

#include "common/inspection_options.h"

namespace anomalyclip::trainer {

/// Writes every stage of one image's way to a safetensors file: `input` [1, 3, S, S], `global` [1, D] before
/// normalisation, `patch.{layer}` [1, 1 + P, D] after ln_post and proj (`patch.{layer}.{kind}` for each kind of an
/// ensemble), `text_features` [2, D], `map` [S, S] after the Gaussian, `score` [].
/// @param options  loaded
/// @throws Error
void dump_stages(const InspectionOptions& options, const Engine& engine, const std::string& image,
                 const std::string& output);

}  // namespace anomalyclip::trainer
