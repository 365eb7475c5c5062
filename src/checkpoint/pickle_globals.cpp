#include "checkpoint/pickle_globals.h"

#include <array>
#include <utility>

namespace anomalyclip::pickle {
namespace {

constexpr std::array<std::pair<std::string_view, at::ScalarType>, 10> kStorages = {{
    {"DoubleStorage", at::kDouble},
    {"FloatStorage", at::kFloat},
    {"HalfStorage", at::kHalf},
    {"BFloat16Storage", at::kBFloat16},
    {"LongStorage", at::kLong},
    {"IntStorage", at::kInt},
    {"ShortStorage", at::kShort},
    {"CharStorage", at::kChar},
    {"ByteStorage", at::kByte},
    {"BoolStorage", at::kBool},
}};

}  // namespace

std::optional<at::ScalarType> storage_dtype(std::string_view global) {
  for (const std::string_view module : {"torch.cuda.", "torch."}) {
    if (!global.starts_with(module)) continue;
    for (const auto& [name, dtype] : kStorages)
      if (global.substr(module.size()) == name) return dtype;
  }
  return std::nullopt;
}

bool returns_first_argument(std::string_view global) {
  return global == "torch._utils._rebuild_parameter" ||
         global == "torch._utils._rebuild_parameter_with_state" || global == "torch.Size" ||
         global == "torch.jit._pickle.build_intlist" ||
         global == "torch.jit._pickle.build_doublelist" ||
         global == "torch.jit._pickle.build_boollist" ||
         global == "torch.jit._pickle.build_tensorlist" ||
         global == "torch.jit._pickle.restore_type_tag";
}

bool rebuilds_tensor(std::string_view global) {
  return global == "torch._utils._rebuild_tensor_v2" || global == "torch._utils._rebuild_tensor";
}

bool is_script_class(std::string_view global) {
  return global.starts_with("__torch__.");
}

bool is_admitted(std::string_view global) {
  return global == "collections.OrderedDict" || rebuilds_tensor(global) ||
         returns_first_argument(global) || is_script_class(global) ||
         storage_dtype(global).has_value();
}

}  // namespace anomalyclip::pickle
