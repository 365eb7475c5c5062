#include "scoring/regions_cuda.h"

namespace anomalyclip {

const char* regions_cuda(const RegionsJob&, void*) {
  return "this build has no CUDA kernels";
}

}  // namespace anomalyclip
