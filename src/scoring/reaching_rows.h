#pragma once

#include <ATen/core/Tensor.h>

#include "scoring/regions.h"

namespace anomalyclip {

/// The rows outside of which no sample reaches the threshold. On a GPU whose kernels take the map they are as few as can be,
/// so that no more is copied to the host than there is to search; elsewhere, all rows.
/// @param map  [height, width]
RowRange reaching_rows(const at::Tensor& map, double threshold);

}  // namespace anomalyclip
