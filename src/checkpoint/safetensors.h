#pragma once

#include <map>
#include <string>

#include <ATen/core/Tensor.h>

#include "core/mapped_file.h"

namespace anomalyclip {

/// What a safetensors file holds.
struct Safetensors {
  std::map<std::string, at::Tensor>
      tensors;  ///< on the CPU, contiguous; views of the mapped file, which they keep alive
  std::map<std::string, std::string> metadata;  ///< `__metadata__`, empty where the file has none
};

/// Maps a safetensors file. Nothing in it is executed, and nothing of it is believed unchecked: the
/// header must be a JSON object without duplicate keys, every tensor's extent must be its shape
/// times its dtype, and the extents must fill the file exactly, without overlaps and holes.
///
/// Dtypes: F64 F32 F16 BF16 I64 I32 I16 I8 U8 BOOL. A file with any other is refused by the dtype's
/// name. Tensors that start at an address unfit for their dtype are copied. Writing to a tensor
/// changes no file. Thread-safe.
/// @throws Error kNotFound, kRead (names the file and the fault)
Safetensors read_safetensors(const std::string& path, ReadAhead ahead = ReadAhead::kYes);

/// Writes the tensors (any device and strides, the dtypes above) to a file that appears whole or
/// not at all. The same content gives the same bytes: tensors lie in order of falling element size,
/// then of name.
/// @throws Error kNotFound (no such folder), kSettings (a dtype without a name, text that is not
/// UTF-8, disk full)
void write_safetensors(const std::string& path, const std::map<std::string, at::Tensor>& tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace anomalyclip
