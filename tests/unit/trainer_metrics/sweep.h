#pragma once

#include <cstdint>
#include <vector>

namespace anomalyclip::testing {

/// Maps and masks of one class, [images, pixels] each.
struct Maps {
  int width = 0, height = 0;
  std::vector<std::vector<float>> maps;
  std::vector<std::vector<std::uint8_t>> masks;
};

/// AUPRO as the reference computes it: for each of its 200 thresholds a sweep over all pixels. What one pass over sorted
/// pixels has to equal, and is compared with in speed.
double aupro_by_sweeps(const Maps& maps);

/// Smooth noise in 0..1 with raised spots of damage, repeatable.
Maps made_up_maps(int images, int size, std::uint32_t seed);

}  // namespace anomalyclip::testing
