#pragma once

#include <array>

namespace anomalyclip {

/// CLIP's image statistics, R'G'B' in 0..1 (OpenAI's preprocessing; spec section 2).
inline constexpr std::array<float, 3> kClipMean = {0.48145466f, 0.4578275f, 0.40821073f};
inline constexpr std::array<float, 3> kClipDeviation = {0.26862954f, 0.26130258f, 0.27577711f};

}  // namespace anomalyclip
