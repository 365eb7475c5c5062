#pragma once

// The benchmark's models are made of the same weights.
#include "bench/hashed_weights.h"

namespace anomalyclip::testing {
using bench::ClipDimensions;
using bench::hashed_tensors;
using bench::hashed_weights;
using bench::kTiny;
using bench::kViTB16;
using bench::kViTL14At336;
using bench::noise;
using bench::splitmix_uniform;
}  // namespace anomalyclip::testing
