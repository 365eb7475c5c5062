#pragma once

#include "scoring/regions_element.h"

namespace anomalyclip {

/// Defined by regions_cuda.cu, or by regions_no_cuda.cpp in a build without kernels, where it must not be called.
/// Queued on `stream`, a cudaStream_t of the current device, and not waited for.
/// @param job  of at least one sample
/// @returns nullptr, or CUDA's words for what went wrong
const char* regions_cuda(const RegionsJob& job, void* stream);

}  // namespace anomalyclip
