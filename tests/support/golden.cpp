#include "golden.h"

#include <cmath>
#include <cstdlib>
#include <limits>
#include <stdexcept>

#include <ATen/TensorOperators.h>

#include "checkpoint/safetensors.h"

namespace anomalyclip::testing {

std::string golden_path(const std::string& file) {
  const char* folder = std::getenv("ANOMALYCLIP_GOLDEN_DIR");
  if (folder == nullptr)
    throw std::runtime_error("ANOMALYCLIP_GOLDEN_DIR is not set: run through meson test");
  return std::string(folder) + "/" + file;
}

Golden::Golden(const std::string& file) : tensors_(read_safetensors(golden_path(file)).tensors) {}

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
