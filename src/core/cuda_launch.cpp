#include "core/cuda_launch.h"

#include <string>

#include <ATen/core/grad_mode.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <anomalyclip/error.h>

namespace anomalyclip {

bool kernels_take(const at::Tensor& tensor) {
  return tensor.is_cuda() && has_cuda_kernels() && !at::GradMode::is_enabled();
}

void* current_cuda_stream(c10::Device device) {
  // Through the interface that libtorch's CUDA half registers: this library does not link it.
  const c10::impl::VirtualGuardImpl cuda(device.type());
  return cuda.getStreamNativeHandle(cuda.getStream(device));
}

void require_launched(const char* fault, const char* what) {
  if (fault)
    throw Error(ErrorCode::kDevice,
                std::string("CUDA refused to run ") + what + " on the GPU: " + fault);
}

}  // namespace anomalyclip
