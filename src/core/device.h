#pragma once

#include <string>

#include <c10/core/Device.h>

namespace anomalyclip {

/// The device that a name stands for: "cpu", "cuda", "cuda:N", or "auto" (the first CUDA device
/// where there is one that works, otherwise the CPU). CUDA's half of libtorch is opened here, at
/// the first use, so that machines without a GPU never load it.
/// @throws Error kSettings (not such a name), kDevice (CUDA asked for and absent: says what is
/// missing)
c10::Device resolve_device(const std::string& name);

}  // namespace anomalyclip
