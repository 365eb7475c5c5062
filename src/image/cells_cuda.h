#pragma once

#include "image/cells_element.h"

namespace anomalyclip {

/// Defined by cells_cuda.cu, or by cells_no_cuda.cpp in a build without kernels, where it must not be called.
/// Queued on `stream`, a cudaStream_t of the current device, and not waited for.
/// @returns nullptr, or CUDA's words for what went wrong
const char* cells_cuda(const CellsJob& job, void* stream);

}  // namespace anomalyclip
