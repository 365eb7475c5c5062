#include "scoring/map_cuda.h"

namespace anomalyclip {

const char* abnormality_cuda(const AbnormalityJob&, void*) {
  return "this build has no CUDA kernels";
}

const char* map_cuda(const MapJob&, void*) {
  return "this build has no CUDA kernels";
}

}  // namespace anomalyclip
