#pragma once

#include <string>

#include "core/weights.h"

namespace anomalyclip {

/// Reads a CLIP ViT from a safetensors file, whoever named its tensors (see to_openai_names()).
/// Tensors that need no conversion stay views of the mapped file. A checkpoint without a text tower
/// loads too: it is enough to encode images. Shapes are not judged here: whoever uses a tensor asks
/// Weights::get() for the one it needs.
/// @throws Error kNotFound, kRead (malformed, or a PyTorch archive: says how to convert it),
/// kMismatch (not a CLIP ViT),
///         kNotFinite (names the tensor that holds NaN or infinity)
Weights load_model(const std::string& path);

/// The same with nothing of the numbers read, and so without the last of these errors: for who reads a few of them only.
/// @throws Error kNotFound, kRead, kMismatch
Weights open_model(const std::string& path);

/// @throws Error kNotFinite (names the first tensor, in order of their names, that holds NaN or
/// infinity)
void require_finite(const Weights& weights);

/// What prompts are bound to: lower-case hex SHA-256 of the little-endian float32 bytes of
/// visual.class_embedding, visual.positional_embedding, visual.proj and text_projection, in this
/// order. Half storage of the same float32 checkpoint has another fingerprint unless its values
/// were half to begin with, as OpenAI's are.
/// @throws Error kMismatch when one of the four is missing, as text_projection is where there is no
/// text tower: prompts
///         cannot be checked against such a model, and running them unchecked could give a wrong
///         verdict
std::string fingerprint(const Weights& weights);

}  // namespace anomalyclip
