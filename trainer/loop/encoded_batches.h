#pragma once

#include <cstdint>
#include <functional>
#include <future>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "loop/feature_cache.h"
#include "loop/mosaics.h"
#include "loop/trainable_method.h"
#include "loop/training_set.h"

namespace anomalyclip::trainer {

/// This process's share of one batch: indices into the training set.
struct BatchShare {
  std::vector<std::int64_t> mine;
  std::int64_t any = 0;                     ///< one of the batch, where `mine` is empty
  double images = 0, images_with_mask = 0;  ///< of the whole batch
  std::set<std::string> class_names;        ///< the same
};

/// Cuts an epoch's order into batches, and takes every size-th image of each from the rank-th on.
std::vector<BatchShare> share_batches(const TrainingSet& set,
                                      const std::vector<std::int64_t>& order, int batch_size,
                                      int rank, int size);

/// Turns samples into encoded batches. While one batch is being learned from, the next one's features are read off the
/// disk, or its images decoded, by another thread. With a cache, features are rounded as the cache rounds them, whether
/// they come from it or not: what is learned does not depend on what is on disk. Mosaics are encoded as they stand, and
/// never kept: hardly one of them comes twice.
class EncodedBatches {
 public:
  /// @param encoder, set, cache  must outlive this; `cache` may be null
  EncodedBatches(const FeatureEncoder& encoder, const TrainingSet& set, FeatureCache* cache)
      : encoder_(encoder), set_(set), cache_(cache) {}
  ~EncodedBatches();

  /// Begins with these batches.
  /// @param mosaics  of the samples that are not taken themselves
  void start(std::vector<BatchShare> batches, Mosaics mosaics = {});

  /// @param give_up  asked before each image is encoded, which may take seconds; nullopt is returned when it says so
  std::optional<EncodedBatch> next(const std::function<bool()>& give_up = {});

  /// Images encoded so far by this object, not read from the cache.
  std::int64_t encoded() const { return encoded_; }

 private:
  /// One image on its way: features if they were on disk, otherwise pixels.
  struct Incoming {
    std::int64_t index = 0;
    std::optional<VisionFeatures> features;  // without the batch's axis
    at::Tensor pixels;                       // [3, S, S]
    at::Tensor mask;                         // [S, S]
    bool anomalous = false;
    bool mosaic = false;
    FeatureCache::ImageSize size;
  };

  Incoming fetch(std::int64_t index) const;
  Incoming fetch_sample(std::int64_t index) const;
  Incoming fetch_mosaic(std::int64_t index, const MosaicTiles& tiles) const;
  void prefetch();
  bool encode_missing(std::vector<Incoming>& images, const std::function<bool()>& give_up);
  void keep(Incoming& image, const VisionFeatures& features);
  EncodedBatch assemble(const std::vector<Incoming>& images, const BatchShare& share) const;

  const FeatureEncoder& encoder_;
  const TrainingSet& set_;
  FeatureCache* cache_;
  std::vector<BatchShare> batches_;
  Mosaics mosaics_;
  std::size_t next_ = 0;
  std::future<std::vector<Incoming>> coming_;
  std::int64_t encoded_ = 0;
};

}  // namespace anomalyclip::trainer
