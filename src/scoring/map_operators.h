#pragma once

#include <c10/core/Device.h>

#include "scoring/anomaly_map.h"

namespace anomalyclip {

/// map_operator() on a device, kept for the next call. Thread-safe.
at::Tensor kept_map_operator(std::int64_t grid, std::int64_t size, double sigma, Corners corners,
                             at::Device device);

}  // namespace anomalyclip
