#pragma once

#include "pretrain/training.h"

namespace anomalyclip::pretrain {

/// Small enough to train a few steps in a test.
inline Shape tiny_shape() {
  Shape shape;
  shape.width = 64;
  shape.layers = 4;
  shape.resolution = shape.inspect_at = 48;
  shape.embed = 32;
  shape.dpam_from = 2;
  shape.features = {1, 3, 4};
  return shape;
}

}  // namespace anomalyclip::pretrain
