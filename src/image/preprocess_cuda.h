#pragma once

#include "image/preprocess_element.h"

namespace anomalyclip {

/// preprocess() as two kernels; defined by preprocess_cuda.cu, or by preprocess_no_cuda.cpp in a build without them,
/// where it must not be called.
/// @param job     of pointers into the memory of the current device
/// @param stream  a cudaStream_t; the kernels are queued there and nothing is waited for
/// @returns nullptr, or CUDA's words for what went wrong
const char* preprocess_cuda(const PreprocessJob& job, void* stream);

}  // namespace anomalyclip
