#pragma once

#include <cmath>

#include <anomalyclip/error.h>

namespace anomalyclip {

/// @param what  "the score", "the anomaly map"
/// @throws Error kNotFinite: a number that is none is no verdict
inline void require_finite(double value, const char* what) {
  if (!std::isfinite(value))
    throw Error(ErrorCode::kNotFinite, std::string(what) +
                                           " of this frame is not a number: there is no verdict; "
                                           "look at the model's weights and at the precision");
}

}  // namespace anomalyclip
