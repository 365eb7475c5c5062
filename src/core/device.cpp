#include "core/device.h"

#include <charconv>
#include <dlfcn.h>
#include <mutex>

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>

#include <anomalyclip/error.h>

namespace anomalyclip {
namespace {

/// Opens the driver and CUDA's half of libtorch; an empty text when both are there.
std::string open_cuda() {
  if (!dlopen("libcuda.so.1", RTLD_NOW | RTLD_GLOBAL))
    return "no NVIDIA driver (libcuda.so.1 cannot be opened)";
  // Its initialisers register the CUDA kernels with the dispatcher that libtorch_cpu holds.
  if (!at::detail::getCUDAHooks().hasCUDA()) {
    const std::string beside = std::string(ANOMALYCLIP_LIBTORCH_LIB_DIR) + "/libtorch_cuda.so";
    if (!dlopen(beside.c_str(), RTLD_NOW | RTLD_GLOBAL) &&
        !dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL))
      return std::string("libtorch's CUDA half cannot be opened: ") + dlerror();
  }
  return {};
}

const std::string& cuda_fault() {
  static std::once_flag once;
  static std::string fault;
  std::call_once(once, [] {
    fault = open_cuda();
    if (fault.empty() && at::detail::getCUDAHooks().deviceCount() == 0)
      fault = "the driver reports no CUDA device";
  });
  return fault;
}

c10::Device cuda_device(const std::string& name) {
  int index = 0;
  if (name != "cuda") {
    const char* digits = name.data() + 5;
    const char* end = name.data() + name.size();
    const auto [last, error] = std::from_chars(digits, end, index);
    if (error != std::errc() || last != end || digits == end || index < 0 || index > 127)
      throw Error(ErrorCode::kSettings,
                  "device should be auto, cpu, cuda or cuda:N and is \"" + name + "\"");
  }
  if (!cuda_fault().empty())
    throw Error(ErrorCode::kDevice, "device " + name + " was asked for, but " + cuda_fault() +
                                        "; install it, or use device=cpu");
  const int count = at::detail::getCUDAHooks().deviceCount();
  if (index >= count)
    throw Error(ErrorCode::kDevice, "device " + name + " was asked for, but this machine has " +
                                        std::to_string(count) + " CUDA device(s), numbered from 0");
  return {c10::DeviceType::CUDA, static_cast<c10::DeviceIndex>(index)};
}

}  // namespace

c10::Device resolve_device(const std::string& name) {
  if (name == "cpu") return c10::Device(c10::DeviceType::CPU);
  if (name == "auto" || name.empty())
    return cuda_fault().empty() ? cuda_device("cuda") : c10::Device(c10::DeviceType::CPU);
  if (name == "cuda" || name.starts_with("cuda:")) return cuda_device(name);
  throw Error(ErrorCode::kSettings,
              "device should be auto, cpu, cuda or cuda:N and is \"" + name + "\"");
}

}  // namespace anomalyclip
