#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <c10/core/ScalarType.h>

namespace anomalyclip {

/// Where one tensor lies in a safetensors file; checked against the file's size.
struct TensorExtent {
  at::ScalarType dtype;
  std::vector<std::int64_t> shape;
  std::size_t begin = 0, end = 0;  ///< bytes from the end of the header; begin <= end
};

struct SafetensorsHeader {
  std::map<std::string, TensorExtent> tensors;
  std::map<std::string, std::string> metadata;
};

/// @param json       the header's text
/// @param data_size  bytes that follow it in the file
/// @param source     file name, for messages
/// @throws Error kRead (names the fault, see read_safetensors())
SafetensorsHeader parse_safetensors_header(std::string_view json, std::size_t data_size,
                                           const std::string& source);

/// "F32" for float32, and so on; empty where the format has no name for it that this project reads.
std::string_view safetensors_dtype_name(at::ScalarType dtype);

/// All of them: "F64, F32, ...", for messages.
std::string safetensors_dtype_names();

}  // namespace anomalyclip
