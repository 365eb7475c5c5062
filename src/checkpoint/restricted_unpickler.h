#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <c10/core/ScalarType.h>

namespace anomalyclip::pickle {

struct Value;

/// A Python list or tuple.
struct Sequence {
  std::vector<const Value*> items;
};

/// A dict or an OrderedDict, in its order.
struct Dict {
  std::vector<std::pair<const Value*, const Value*>> entries;
  /// The last value under this key; null where there is none.
  const Value* find(const std::string& key) const;
};

/// The name of a class or function, "torch._utils._rebuild_tensor_v2". It stays a name: nothing is
/// ever looked up.
struct Global {
  std::string name;
};

/// Numbers that lie elsewhere in the file, under `key`.
struct Storage {
  std::string key;
  at::ScalarType dtype;
  std::int64_t elements;
};

/// A tensor as its file describes it; nothing of it has been checked against the storage yet.
struct TensorView {
  const Storage* storage;
  std::int64_t offset;  ///< elements
  std::vector<std::int64_t> sizes, strides;
};

/// A TorchScript module: its attributes, parameters and submodules among them. Its code is not
/// read.
struct Object {
  const Dict* attributes = nullptr;  ///< null: none were set
};

/// One Python value. std::monostate is None. Whole numbers beyond 64 bits are kept as their
/// little-endian bytes.
struct Value : std::variant<std::monostate, bool, std::int64_t, double, std::string, Sequence, Dict,
                            Global, Storage, TensorView, Object> {
  using variant::variant;

  template <typename T>
  const T* as() const {
    return std::get_if<T>(static_cast<const variant*>(this));
  }
};

/// Owns all values of one pickle. They may refer to each other in circles: whoever walks them
/// bounds the depth.
struct Document {
  std::deque<Value> values;
  const Value* root = nullptr;
  std::size_t length = 0;  ///< bytes that the pickle took
};

/// Reads a pickle that holds tensors, containers, numbers and strings, and nothing else. Pickles
/// are programs; this interprets only the instructions that build such values, and any global that
/// is not on its short list is refused by its name before anything is done with it. Memory, stack
/// and memo are bounded.
/// @param bytes   may go on after the pickle
/// @param source  file name, for messages
/// @throws Error kRead
Document read(std::span<const std::byte> bytes, const std::string& source);

}  // namespace anomalyclip::pickle
