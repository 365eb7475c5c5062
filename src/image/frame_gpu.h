#pragma once

#include <string>

#include <c10/core/Device.h>

namespace anomalyclip {

/// The GPU of this name, whose kernels are to work on frames in its memory.
/// @param verb  what is done with the frames: "draw on"
/// @throws Error kSettings (no CUDA device), kDevice (no such device, or a build without CUDA kernels)
c10::Device frame_gpu(const std::string& name, const std::string& verb);

}  // namespace anomalyclip
