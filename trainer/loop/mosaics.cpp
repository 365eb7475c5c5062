#include "loop/mosaics.h"

#include <string>
#include <vector>

#include "synth/random.h"

namespace anomalyclip::trainer {
namespace {

using synth::Random;

/// Images by defect, in the order of the defects' names.
using Group = std::map<std::string, std::vector<std::int64_t>>;

std::map<std::string, Group> groups_of(const TrainingSet& set) {
  std::map<std::string, Group> groups;
  for (std::size_t i = 0; i < set.images.size(); ++i) {
    const TrainingImage& image = set.images[i];
    if (!image.mosaic_group.empty())
      groups[image.mosaic_group][image.sample.defect].push_back(static_cast<std::int64_t>(i));
  }
  return groups;
}

std::size_t pick(std::size_t count, Random& random) {
  return static_cast<std::size_t>(random.integer(0, static_cast<int>(count)));
}

std::int64_t draw_tile(const Group& group, Random& random) {
  auto defect = group.begin();
  std::advance(defect, pick(group.size(), random));
  return defect->second[pick(defect->second.size(), random)];
}

}  // namespace

Mosaics draw_mosaics(const TrainingSet& set, double probability, std::uint64_t seed) {
  Mosaics mosaics;
  if (probability == 0) return mosaics;
  const auto groups = groups_of(set);
  for (std::size_t i = 0; i < set.images.size(); ++i) {
    const auto group = groups.find(set.images[i].mosaic_group);
    if (group == groups.end()) continue;
    Random random(seed, i);
    if (!random.chance(static_cast<float>(probability))) continue;
    for (std::int64_t& tile : mosaics[static_cast<std::int64_t>(i)])
      tile = draw_tile(group->second, random);
  }
  return mosaics;
}

}  // namespace anomalyclip::trainer
