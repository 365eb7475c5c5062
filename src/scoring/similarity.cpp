#include "scoring/similarity.h"

#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>

namespace anomalyclip {
namespace {

/// cos(feature, text) for unit text: the two products are normalised, not the feature, which is far
/// longer.
at::Tensor cosine(const at::Tensor& feature, const at::Tensor& text) {
  const at::Tensor norm =
      at::linalg_vector_norm(feature, 2, at::IntArrayRef{-1}, /*keepdim=*/true);  // [..., 1]
  return at::matmul(feature, text.t()) / norm.clamp_min(1e-12);                   // [..., 2]
}

}  // namespace

at::Tensor similarity(const std::vector<at::Tensor>& features, const at::Tensor& text,
                      double temperature) {
  at::Tensor sum = cosine(features.front(), text);
  for (std::size_t i = 1; i < features.size(); ++i) sum = sum + cosine(features[i], text);
  return at::softmax(sum / (temperature * static_cast<double>(features.size())), -1);
}

at::Tensor logit_difference(const at::Tensor& feature, const at::Tensor& text, double temperature) {
  const at::Tensor cosines = cosine(feature, text);
  return (cosines.select(-1, 1) - cosines.select(-1, 0)) / temperature;
}

}  // namespace anomalyclip
