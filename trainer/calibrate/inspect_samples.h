#pragma once

#include <functional>
#include <string>
#include <vector>

#include <anomalyclip/engine.h>

#include "data/data_set.h"

namespace anomalyclip::trainer {

/// What calibration looks at in one image.
struct Extremes {
  float score = 0;
  float peak = 0;  ///< the map's highest value: at or above the pixel threshold there is a region
};

/// Inspects samples in their order, the next one being read while one is encoded. Calls `done` for each that could be
/// inspected, `failed` with the reason for each that could not.
void inspect_samples(Engine& engine, const Recipe& recipe, const std::vector<Sample>& samples,
                     const std::string& label,
                     const std::function<void(const Sample&, const Extremes&)>& done,
                     const std::function<void(const Sample&, const std::string&)>& failed);

}  // namespace anomalyclip::trainer
