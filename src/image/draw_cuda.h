#pragma once

#include "image/draw_element.h"

namespace anomalyclip {

// Defined by draw_cuda.cu, or by draw_no_cuda.cpp in a build without kernels, where they must not be called.
// Queued on `stream`, a cudaStream_t of the current device, and not waited for; each returns nullptr, or CUDA's words for
// what went wrong.
const char* draw_cuda(const DrawJob<MapPainter>& job, void* stream);
const char* draw_cuda(const DrawJob<BoxPainter>& job, void* stream);
const char* draw_cuda(const DrawJob<LabelPainter>& job, void* stream);

}  // namespace anomalyclip
