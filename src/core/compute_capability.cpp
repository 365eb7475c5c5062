#include "core/compute_capability.h"

#include <dlfcn.h>

#include <anomalyclip/error.h>

namespace anomalyclip {
namespace {

// Of the driver's interface (cuda.h), which a build without the CUDA toolkit has no header of.
constexpr int kSuccess = 0, kMajor = 75, kMinor = 76;
using Initialise = int (*)(unsigned flags);
using GetDevice = int (*)(int* device, int ordinal);
using GetAttribute = int (*)(int* value, int attribute, int device);

/// From the library that resolve_device() has opened.
template <typename Function>
Function driver_function(const char* name) {
  void* driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_NOLOAD);
  return driver ? reinterpret_cast<Function>(dlsym(driver, name)) : nullptr;
}

}  // namespace

std::string to_string(const ComputeCapability& capability) {
  return std::to_string(capability.major) + '.' + std::to_string(capability.minor);
}

ComputeCapability compute_capability(c10::Device device) {
  const auto initialise = driver_function<Initialise>("cuInit");
  const auto get_device = driver_function<GetDevice>("cuDeviceGet");
  const auto get_attribute = driver_function<GetAttribute>("cuDeviceGetAttribute");
  const int ordinal = device.has_index() ? device.index() : 0;
  int handle = 0;
  ComputeCapability found{};
  if (!initialise || !get_device || !get_attribute || initialise(0) != kSuccess ||
      get_device(&handle, ordinal) != kSuccess ||
      get_attribute(&found.major, kMajor, handle) != kSuccess ||
      get_attribute(&found.minor, kMinor, handle) != kSuccess)
    throw Error(ErrorCode::kDevice,
                "The compute capability of " + device.str() +
                    " decides whether it runs fp8, and the NVIDIA driver "
                    "does not tell it; take another precision, or repair the driver");
  return found;
}

}  // namespace anomalyclip
