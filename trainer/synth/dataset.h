#pragma once

#include <functional>
#include <string>
#include <vector>

#include "part.h"

namespace anomalyclip::synth {

struct DatasetSettings {
  std::string folder;
  int count = 400;  ///< parts, of all kinds together
  std::uint64_t seed = 0;
  int size = 256;                  ///< pixels
  std::vector<std::string> kinds;  ///< names of textures and shapes; empty: all
};

/// Draws parts into MVTec's layout, a class for each kind: `<kind>/train/good`, `<kind>/test/good`,
/// `<kind>/test/<defect>` and `<kind>/ground_truth/<defect>/NNN_mask.png`. The same files for any number of threads.
/// @param progress  called with the number of parts done, from any thread, one at a time
/// @throws Error kSettings (an unknown kind), kRead (a file cannot be written)
void write_dataset(const DatasetSettings& settings, const std::function<void(int)>& progress);

}  // namespace anomalyclip::synth
