#include "image/cells_cuda.h"

namespace anomalyclip {

const char* cells_cuda(const CellsJob&, void*) {
  return "this build has no CUDA kernels";
}

}  // namespace anomalyclip
