#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

namespace anomalyclip {

// Kernels (*_cuda.cu) are plain functions that know no libtorch: they are given pointers and a stream, and give back
// what CUDA said of the launch.

/// Whether this build has the kernels: nvcc compiled them, and libtorch has a CUDA half.
bool has_cuda_kernels();

/// Whether kernels may work on this tensor in place of libtorch's operators: it is on CUDA, this build has them, and no
/// gradients are recorded.
bool kernels_take(const at::Tensor& tensor);

/// The stream on which libtorch's operators of this thread go now, as a cudaStream_t.
/// @param device  a CUDA device, with libtorch's CUDA half opened (resolve_device())
void* current_cuda_stream(c10::Device device);

/// @param fault  nullptr where the launch went well, else CUDA's own words
/// @param what   "the resize"
/// @throws Error kDevice
void require_launched(const char* fault, const char* what);

}  // namespace anomalyclip
