#pragma once

#include <string>

#include "shape.h"

namespace anomalyclip::pretrain {

/// "model.safetensors" -> "model-prompts.safetensors".
std::string prompts_path(const std::string& model_path);

/// Writes the model in half precision and the learned prompts beside it, without thresholds. The text features are
/// computed from the half weights by the project's own text tower, so that both files agree.
/// @param training  JSON that says how the model came to be
void write_model(const std::string& model_path, const Shape& shape, const Tensors& weights,
                 const std::string& training);

}  // namespace anomalyclip::pretrain
