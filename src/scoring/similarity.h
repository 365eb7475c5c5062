#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

namespace anomalyclip {

/// How likely each feature is normal and abnormal: softmax(cos(feature, text) / temperature)
/// (paper section 3.2).
/// @param features     [..., D] each, float32, not normalised; at least one. More than one is an
///                     ensemble, whose logits are averaged (paper Table 10).
/// @param text         [2, D] unit rows: 0 normal, 1 abnormal; on the features' device
/// @param temperature  0.07 in the paper's model
/// @returns [..., 2]
at::Tensor similarity(const std::vector<at::Tensor>& features, const at::Tensor& text,
                      double temperature);

/// The logit of "abnormal" less that of "normal": what similarity() is the sigmoid of. Linear steps
/// (upsampling) may come before the sigmoid.
/// @returns [...]
at::Tensor logit_difference(const at::Tensor& feature, const at::Tensor& text, double temperature);

}  // namespace anomalyclip
