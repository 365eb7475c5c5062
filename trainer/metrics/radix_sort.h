#pragma once

#include <vector>

namespace anomalyclip::metrics {

/// Sorts ascending, in four passes over the bits whatever the order: some ten times faster than std::sort for the pixels
/// of a data set. Needs as much memory again while it runs. No NaN may be among the values.
void radix_sort(std::vector<float>& values);

}  // namespace anomalyclip::metrics
