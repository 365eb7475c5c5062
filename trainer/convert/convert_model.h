#pragma once

#include <iosfwd>
#include <string>

#include "convert/model_source.h"
#include "core/weights.h"

namespace anomalyclip::trainer {

struct ModelConversion {
  std::string source, output;
  bool half = false;       ///< store float16
  std::string activation;  ///< quick_gelu or gelu; empty: what the source says, or quick_gelu
};

/// Reads a CLIP checkpoint in any format (see read_model_source()), checks every tensor that the model needs, and
/// writes it under OpenAI's names. Tells `report` what was recognised, and the model's name, sizes and fingerprint.
/// @throws Error kNotFound, kRead, kMismatch, kNotFinite (also where a value does not fit in float16), kSettings
void convert_model(const ModelConversion& conversion, std::ostream& report);

}  // namespace anomalyclip::trainer
