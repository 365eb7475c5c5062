#include "image/preprocess_cuda.h"

namespace anomalyclip {

const char* preprocess_cuda(const PreprocessJob&, void*) {
  return "this build has no CUDA kernels";
}

}  // namespace anomalyclip
