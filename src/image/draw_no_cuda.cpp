#include "image/draw_cuda.h"

namespace anomalyclip {
namespace {

constexpr const char* kNone = "this build has no CUDA kernels";

}  // namespace

const char* draw_cuda(const DrawJob<MapPainter>&, void*) {
  return kNone;
}

const char* draw_cuda(const DrawJob<BoxPainter>&, void*) {
  return kNone;
}

const char* draw_cuda(const DrawJob<LabelPainter>&, void*) {
  return kNone;
}

}  // namespace anomalyclip
