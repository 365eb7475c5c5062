#include "core/cuda_launch.h"

namespace anomalyclip {

bool has_cuda_kernels() {
  return false;
}

}  // namespace anomalyclip
