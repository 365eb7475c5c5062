#pragma once

#include <optional>
#include <string_view>

#include <c10/core/ScalarType.h>

namespace anomalyclip::pickle {

/// The whole list of names that a pickle may ask for; what each of them is taken for is below.
bool is_admitted(std::string_view global);

/// torch.FloatStorage and its like, also in torch.cuda.
std::optional<at::ScalarType> storage_dtype(std::string_view global);

/// Functions that make a tensor of a storage, an offset, sizes and strides.
bool rebuilds_tensor(std::string_view global);

/// Functions whose result is their first argument, for a reader that keeps tensors, lists and
/// numbers only.
bool returns_first_argument(std::string_view global);

/// Classes that a TorchScript archive brings along. Only their attributes are taken.
bool is_script_class(std::string_view global);

}  // namespace anomalyclip::pickle
