#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace anomalyclip::trainer {

/// Reads a JSON file whose outermost value is an object.
/// @throws Error kNotFound, kRead (names the file and the fault)
nlohmann::json read_json(const std::string& path);

}  // namespace anomalyclip::trainer
