#pragma once

#include <array>
#include <cstdint>
#include <map>

#include "loop/training_set.h"

namespace anomalyclip::trainer {

/// The samples of a mosaic, by index, in reading order.
using MosaicTiles = std::array<std::int64_t, 4>;

/// Mosaics of an epoch, by the index of the sample in whose place each stands.
using Mosaics = std::map<std::int64_t, MosaicTiles>;

/// Draws as VAND's code does: each sample of a group gives way to a mosaic with this probability; each of its tiles is an
/// image of the same group, any one, of one of the group's defects ("good" among them), any one.
/// @param probability  0..1
/// @param seed         of the epoch. The same seed gives the same mosaics, whatever the order of the epoch.
Mosaics draw_mosaics(const TrainingSet& set, double probability, std::uint64_t seed);

}  // namespace anomalyclip::trainer
