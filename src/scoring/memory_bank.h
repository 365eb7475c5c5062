#pragma once

#include <ATen/core/Tensor.h>

namespace anomalyclip {

/// How far each feature is from the nearest reference, 1 - cos: what few-shot methods compare with
/// good parts by.
/// @param features    [B, n, width] float32, not normalised
/// @param references  [R, width] unit rows, on the features' device; at least one
/// @returns [B, n] in [0, 2]
at::Tensor distance_to_nearest(const at::Tensor& features, const at::Tensor& references);

}  // namespace anomalyclip
