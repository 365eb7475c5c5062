#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "model/vision_transformer.h"

namespace anomalyclip::trainer {

/// Rounds features as the cache stores them: half precision, and float32 again.
VisionFeatures rounded_to_half(const VisionFeatures& features);

/// Encoded images on disk: one safetensors file each, in half precision, found by what the image holds and how it was
/// encoded. Files are mapped, and appear whole or not at all, so that processes may share a folder. What is damaged is
/// removed and encoded again. Thread-safe.
class FeatureCache {
 public:
  struct ImageSize {
    int width = 0, height = 0;  ///< pixels of the image before preprocessing
  };

  /// @param folder  made if it is not there
  /// @param recipe  how images are encoded: FeatureEncoder::recipe()
  /// @param limit   bytes that the folder may hold, features of other recipes included
  /// @throws Error kSettings (the folder cannot be made or written)
  FeatureCache(const std::string& folder, const std::string& recipe, std::uint64_t limit);

  /// The size of an image whose features are here.
  std::optional<ImageSize> find(const std::string& image_hash) const;

  /// Features of one image, float16, on the CPU, without the batch's axis; views of the mapped file.
  std::optional<VisionFeatures> load(const std::string& image_hash);

  /// Keeps the features of one image (batch of one), unless they would not fit: then those that no run has used for
  /// longest go first, but none that this run has used.
  /// @returns whether they are on disk now
  /// @throws Error kNotFinite (NaN, or beyond half precision's 65504)
  bool store(const std::string& image_hash, const VisionFeatures& features, ImageSize size);

  /// Images of this run that did not fit; they are encoded anew each time.
  std::int64_t refused() const;

  std::uint64_t limit() const { return limit_; }

 private:
  std::string path_of(const std::string& image_hash) const;
  bool make_room(std::uint64_t bytes);

  std::string root_, folder_, recipe_;
  std::uint64_t limit_;
  mutable std::mutex mutex_;
  std::uint64_t held_ = 0;         // bytes, as of the last look
  std::set<std::string> used_;     // paths that this run has read or written
  std::set<std::string> refused_;  // hashes
};

/// $XDG_CACHE_HOME/gst-anomalyclip/features, or ~/.cache/...
std::string default_cache_folder();

}  // namespace anomalyclip::trainer
