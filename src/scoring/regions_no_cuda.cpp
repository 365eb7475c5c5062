#include "scoring/regions_cuda.h"

namespace anomalyclip {

const char* reach_cuda(const ReachJob&, void*) {
  return "this build has no CUDA kernels";
}

}  // namespace anomalyclip
