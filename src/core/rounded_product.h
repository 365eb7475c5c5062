#pragma once

#include "core/host_device.h"

namespace anomalyclip {

/// a * b, rounded before anything is added to it. nvcc would fuse the two, and the sum would be another one than on the
/// CPU.
ANOMALYCLIP_HOST_DEVICE inline float rounded_product(float a, float b) {
#ifdef __CUDA_ARCH__
  return __fmul_rn(a, b);
#else
  return a * b;
#endif
}

}  // namespace anomalyclip
