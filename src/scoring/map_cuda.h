#pragma once

#include "scoring/map_element.h"

namespace anomalyclip {

// Defined by map_cuda.cu, or by map_no_cuda.cpp in a build without kernels, where they must not be called.
// Queued on `stream`, a cudaStream_t of the current device, and not waited for; each returns nullptr, or CUDA's words for
// what went wrong.
const char* abnormality_cuda(const AbnormalityJob& job, void* stream);
const char* map_cuda(const MapJob& job, void* stream);

}  // namespace anomalyclip
