#include "checkpoint/safetensors_header.h"

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include <anomalyclip/error.h>

namespace anomalyclip {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::pair<std::string_view, at::ScalarType>, 10> kDtypes = {{
    {"F64", at::kDouble},
    {"F32", at::kFloat},
    {"F16", at::kHalf},
    {"BF16", at::kBFloat16},
    {"I64", at::kLong},
    {"I32", at::kInt},
    {"I16", at::kShort},
    {"I8", at::kChar},
    {"U8", at::kByte},
    {"BOOL", at::kBool},
}};
constexpr int kMaxDepth = 3;          // header object, tensor object, shape array
constexpr std::size_t kMaxAxes = 32;  // CLIP has 4
constexpr const char* kMetadataKey = "__metadata__";

class HeaderParser {
 public:
  HeaderParser(std::size_t data_size, const std::string& source)
      : data_size_(data_size), source_(source) {}

  SafetensorsHeader parse(std::string_view text) {
    const Json json = parse_json(text);
    if (!json.is_object()) fail("its header is not a JSON object");
    SafetensorsHeader header;
    for (const auto& [name, value] : json.items()) {
      if (name == kMetadataKey)
        header.metadata = metadata(value);
      else
        header.tensors.emplace(name, extent(name, value));
    }
    check_layout(header.tensors);
    return header;
  }

 private:
  [[noreturn]] void fail(const std::string& fault) const {
    throw Error(ErrorCode::kRead, source_ + ": not a valid safetensors file: " + fault);
  }

  [[noreturn]] void fail(const std::string& tensor, const std::string& fault) const {
    fail("tensor \"" + tensor + "\": " + fault);
  }

  Json parse_json(std::string_view text) const {
    std::vector<std::set<std::string>> keys;  // of the objects that are open, to find duplicates
    const Json::parser_callback_t check = [&](int depth, Json::parse_event_t event, Json& value) {
      const bool opens =
          event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
      if (opens && depth >= kMaxDepth)
        fail("its header is nested deeper than " + std::to_string(kMaxDepth) + " levels");
      if (event == Json::parse_event_t::object_start) keys.emplace_back();
      if (event == Json::parse_event_t::object_end) keys.pop_back();
      if (event == Json::parse_event_t::key && !keys.back().insert(value.get<std::string>()).second)
        fail("the key \"" + value.get<std::string>() + "\" appears twice in its header");
      return true;
    };
    try {
      return Json::parse(text, check);
    } catch (const Json::exception& error) {
      fail(std::string("its header is not JSON: ") + error.what());
    }
  }

  std::map<std::string, std::string> metadata(const Json& json) const {
    if (!json.is_object()) fail(std::string(kMetadataKey) + " is not an object");
    std::map<std::string, std::string> result;
    for (const auto& [key, value] : json.items()) {
      if (!value.is_string()) fail(std::string(kMetadataKey) + " \"" + key + "\" is not a string");
      result.emplace(key, value.get<std::string>());
    }
    return result;
  }

  std::vector<std::uint64_t> numbers(const std::string& tensor, const Json& json,
                                     const char* key) const {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_array())
      fail(tensor, std::string(key) + " should be a list of numbers");
    std::vector<std::uint64_t> result;
    for (const Json& number : *found) {
      constexpr std::uint64_t kLargest = std::numeric_limits<std::int64_t>::max();
      if (!number.is_number_unsigned() || number.get<std::uint64_t>() > kLargest)
        fail(tensor, std::string(key) +
                         " should hold whole numbers from 0 to 2^63 - 1, and holds " +
                         number.dump());
      result.push_back(number.get<std::uint64_t>());
    }
    return result;
  }

  at::ScalarType dtype(const std::string& tensor, const Json& json) const {
    const auto found = json.find("dtype");
    if (found == json.end() || !found->is_string()) fail(tensor, "dtype should be a string");
    const auto name = found->get<std::string>();
    for (const auto& [known, type] : kDtypes)
      if (name == known) return type;
    fail(tensor, "dtype \"" + name + "\" is not one of " + safetensors_dtype_names());
  }

  TensorExtent extent(const std::string& name, const Json& json) const {
    if (!json.is_object()) fail(name, "its entry is not an object");
    TensorExtent result{dtype(name, json), {}, 0, 0};
    std::uint64_t bytes = c10::elementSize(result.dtype);
    for (const std::uint64_t length : numbers(name, json, "shape")) {
      if (__builtin_mul_overflow(bytes, length, &bytes)) fail(name, "its shape overflows");
      result.shape.push_back(static_cast<std::int64_t>(length));
    }
    if (result.shape.size() > kMaxAxes)
      fail(name, "it has more than " + std::to_string(kMaxAxes) + " axes");

    const std::vector<std::uint64_t> offsets = numbers(name, json, "data_offsets");
    if (offsets.size() != 2) fail(name, "data_offsets should be two numbers");
    result.begin = offsets[0];
    result.end = offsets[1];
    const std::string range = std::to_string(result.begin) + " to " + std::to_string(result.end);
    if (result.begin > result.end) fail(name, "data_offsets run backwards: " + range);
    if (result.end > data_size_)
      fail(name, "data_offsets " + range + " exceed the " + std::to_string(data_size_) +
                     " bytes of data in the file");
    if (result.end - result.begin != bytes)
      fail(name, "its shape and dtype need " + std::to_string(bytes) + " bytes and data_offsets " +
                     range + " span " + std::to_string(result.end - result.begin));
    return result;
  }

  void check_layout(const std::map<std::string, TensorExtent>& tensors) const {
    std::vector<std::pair<std::string, std::pair<std::size_t, std::size_t>>> extents;
    for (const auto& [name, extent] : tensors)
      extents.push_back({name, {extent.begin, extent.end}});
    std::sort(extents.begin(), extents.end(),
              [](const auto& a, const auto& b) { return a.second < b.second; });
    std::size_t position = 0;
    for (const auto& [name, range] : extents) {
      if (range.first < position) fail(name, "its data overlap those of another tensor");
      if (range.first > position)
        fail(name, "there is a hole of " + std::to_string(range.first - position) +
                       " bytes before its data");
      position = range.second;
    }
    if (position != data_size_)
      fail("the last tensor ends " + std::to_string(data_size_ - position) +
           " bytes before the end of the file");
  }

  std::size_t data_size_;
  const std::string& source_;
};

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view json, std::size_t data_size,
                                           const std::string& source) {
  return HeaderParser(data_size, source).parse(json);
}

std::string_view safetensors_dtype_name(at::ScalarType dtype) {
  for (const auto& [name, type] : kDtypes)
    if (dtype == type) return name;
  return {};
}

std::string safetensors_dtype_names() {
  std::string list;
  for (const auto& entry : kDtypes) list += (list.empty() ? "" : ", ") + std::string(entry.first);
  return list;
}

}  // namespace anomalyclip
