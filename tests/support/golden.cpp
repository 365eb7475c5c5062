#include "golden.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>

#include <nlohmann/json.hpp>

namespace anomalyclip::testing {

std::string golden_path(const std::string& file) {
  const char* folder = std::getenv("ANOMALYCLIP_GOLDEN_DIR");
  if (folder == nullptr)
    throw std::runtime_error("ANOMALYCLIP_GOLDEN_DIR is not set: run through meson test");
  return std::string(folder) + "/" + file;
}

Golden::Golden(const std::string& file) {
  std::ifstream stream(golden_path(file), std::ios::binary);
  stream.exceptions(std::ios::failbit | std::ios::badbit);
  std::uint64_t header_size = 0;
  stream.read(reinterpret_cast<char*>(&header_size), sizeof header_size);
  std::string header(header_size, '\0');
  stream.read(header.data(), static_cast<std::streamsize>(header_size));
  const nlohmann::json entries = nlohmann::json::parse(header);
  for (const auto& [key, entry] : entries.items()) {
    if (key == "__metadata__") continue;
    const auto shape = entry.at("shape").get<std::vector<std::int64_t>>();
    at::Tensor tensor = at::empty(shape, entry.at("dtype") == "I64" ? at::kLong : at::kFloat);
    stream.seekg(static_cast<std::streamoff>(8 + header_size +
                                             entry.at("data_offsets").at(0).get<std::uint64_t>()));
    stream.read(static_cast<char*>(tensor.mutable_data_ptr()),
                static_cast<std::streamsize>(tensor.nbytes()));
    tensors_[key] = tensor;
  }
}

const at::Tensor& Golden::operator[](const std::string& key) const {
  const auto found = tensors_.find(key);
  if (found == tensors_.end()) throw std::runtime_error("no golden numbers for " + key);
  return found->second;
}

double max_difference(const at::Tensor& found, const at::Tensor& expected) {
  constexpr double never = std::numeric_limits<double>::infinity();
  if (!found.defined() || found.sizes() != expected.sizes()) return never;
  const double difference = (found - expected).abs().max().item<double>();
  return std::isnan(difference) ? never : difference;
}

}  // namespace anomalyclip::testing
