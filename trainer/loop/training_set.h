#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "data/data_set.h"
#include "loop/feature_cache.h"

namespace anomalyclip::trainer {

/// Which samples of the data sets to learn from.
struct SampleChoice {
  /// The paper trains on the labelled test split of an auxiliary data set.
  enum class Split { kTest, kTrain, kAll } split = Split::kTest;
  std::vector<std::string> classes;  ///< empty: all
};

/// A sample that has been looked at, and is whole.
struct TrainingImage {
  Sample sample;
  std::string hash;        ///< of the file's bytes, and of the part of it that is meant
  bool has_mask = false;   ///< false: it has no part in the local loss
  std::vector<bool> mask;  ///< [S * S], row by row; empty: nothing is damaged
  /// Four of one group may stand, as a mosaic, in the place of one of them: samples with masks of one class of one data
  /// set, of the test split and in MVTec's layout. Empty: no mosaic.
  std::string mosaic_group{};
};

/// What to learn from.
struct TrainingSet {
  std::vector<TrainingImage> images;
  std::vector<Problem> broken;     ///< samples that cannot be used
  std::vector<Problem> notices;    ///< what else does not fit in the data sets
  std::vector<std::string> names;  ///< of the data sets

  std::vector<std::string> classes() const;
  /// Equal sets in equal order have equal digests.
  std::string digest() const;
};

/// The samples of data sets, unread, in order.
/// @throws Error as read_data_set(); kSettings (a class that is not there: says which there are; nothing is left)
TrainingSet list_samples(const std::vector<std::string>& folders, const SampleChoice& choice);

/// Opens every image that the cache does not know and every mask, on all cores, and moves what cannot be used to
/// `broken`: images that do not decode, masks that do not, masks of another size than their image. Images of a data set
/// without any mask have no part in the local loss, and neither have anomalous ones that lack theirs.
/// @param size   pixels along each side of the masks
/// @param cache  may be null
/// @param done   called for each sample, from any thread, one at a time
void look_at_samples(TrainingSet& set, int size, const FeatureCache* cache,
                     const std::function<void()>& done);

}  // namespace anomalyclip::trainer
