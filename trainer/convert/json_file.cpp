#include "convert/json_file.h"

#include <anomalyclip/error.h>

#include "core/mapped_file.h"

namespace anomalyclip::trainer {

nlohmann::json read_json(const std::string& path) {
  const auto file = MappedFile::open(path);
  const auto bytes = file->bytes();
  const char* text = reinterpret_cast<const char*>(bytes.data());
  try {
    auto json = nlohmann::json::parse(text, text + bytes.size());
    if (json.is_object()) return json;
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::kRead, path + ": is not JSON: " + error.what());
  }
  throw Error(ErrorCode::kRead, path + ": should hold a JSON object");
}

}  // namespace anomalyclip::trainer
