#pragma once

#include <map>
#include <string>

#include <ATen/core/Tensor.h>

namespace anomalyclip::testing {

/// The folder with the expected numbers: $ANOMALYCLIP_GOLDEN_DIR.
std::string golden_path(const std::string& file);

/// The expected numbers of one file.
class Golden {
 public:
  /// @param file  name of a safetensors file in the golden folder
  explicit Golden(const std::string& file);

  /// Fails the test binary when there is none.
  const at::Tensor& operator[](const std::string& key) const;

 private:
  std::map<std::string, at::Tensor> tensors_;
};

/// The largest absolute difference; infinite when shapes differ or anything is NaN, so that no
/// bound accepts it.
double max_difference(const at::Tensor& found, const at::Tensor& expected);

}  // namespace anomalyclip::testing
