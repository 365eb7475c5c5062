#pragma once

#include <compare>
#include <string>

#include <c10/core/Device.h>

namespace anomalyclip {

/// NVIDIA's number for what a GPU can do: 9.0 is Hopper.
struct ComputeCapability {
  int major, minor;
  auto operator<=>(const ComputeCapability&) const = default;
};

/// "9.0"
std::string to_string(const ComputeCapability& capability);

/// @param device  a CUDA device, from resolve_device()
/// @throws Error kDevice (the driver does not say)
ComputeCapability compute_capability(c10::Device device);

/// Whether tensor cores of this kind multiply 8-bit floats, and libtorch has products for them whose rows are scaled.
constexpr bool multiplies_float8(const ComputeCapability& capability) {
  return capability >= ComputeCapability{8, 9};
}

}  // namespace anomalyclip
