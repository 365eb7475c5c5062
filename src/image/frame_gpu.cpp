#include "image/frame_gpu.h"

#include <anomalyclip/error.h>

#include "core/cuda_launch.h"
#include "core/device.h"

namespace anomalyclip {

c10::Device frame_gpu(const std::string& name, const std::string& verb) {
  if (!has_cuda_kernels())
    throw Error(ErrorCode::kDevice, "to " + verb + " frames in the memory of " + name +
                                        " takes CUDA kernels, and this build has none");
  const c10::Device device = resolve_device(name);
  if (!device.is_cuda())
    throw Error(ErrorCode::kSettings,
                "expected a CUDA device whose frames to " + verb + ", and found \"" + name + "\"");
  return device;
}

}  // namespace anomalyclip
