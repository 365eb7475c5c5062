#pragma once

#include <string>

#include <anomalyclip/error.h>

namespace anomalyclip::trainer {

/// @throws Error kSettings, saying what was expected
inline void require(bool right, const std::string& expected) {
  if (!right) throw Error(ErrorCode::kSettings, expected);
}

/// Adam's two.
inline void require_betas(double beta1, double beta2) {
  for (const double beta : {beta1, beta2})
    require(beta >= 0 && beta < 1, "--betas should be two numbers from 0 to below 1");
}

}  // namespace anomalyclip::trainer
