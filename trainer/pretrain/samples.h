#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "losses.h"
#include "synth/part.h"

namespace anomalyclip::pretrain {

/// How the parts are shown.
struct Views {
  int size;                ///< pixels of a picture
  std::int64_t reuse = 1;  ///< how often a part is used on average
  float whole = 0;         ///< share of the pictures that show all of it; the others are windows
};

/// Parts and lines drawn on the fly. Each is kept for a while and used several times, cropped and coloured anew; which ones a
/// step uses is a function of (seed, step), so that interrupted training resumes with the same pictures.
class Samples {
 public:
  /// @param lines  one in three of what is drawn is a line, not a part
  explicit Samples(std::uint64_t seed, bool lines = true) : seed_(seed), lines_(lines) {
    settings_.repertoire = synth::training_kinds();
    settings_.want_twin = true;
  }

  /// As many pictures as asked for, each of a part of its own: what training will see, to start from.
  at::Tensor preview(std::int64_t count, int size) const;

  /// Pictures `first` to `first + count - 1` of a training run. Thread-safe.
  Batch batch(std::int64_t first, std::int64_t count, const Views& views);

 private:
  /// Number of the part that a picture shows.
  std::int64_t pick(std::int64_t picture, std::int64_t reuse) const;
  synth::Part draw(std::int64_t index) const;
  std::shared_ptr<const synth::Part> part(std::int64_t index);

  static constexpr std::int64_t kKept = 3000;    ///< parts
  static constexpr std::int64_t kLineEvery = 3;  ///< of so many, one is a line
  static constexpr std::int64_t kTwinEvery = 4;  ///< of so many pictures, one is a twin

  std::uint64_t seed_;
  bool lines_;
  synth::PartSettings settings_;
  std::mutex mutex_;
  std::map<std::int64_t, std::shared_ptr<const synth::Part>> parts_;
};

}  // namespace anomalyclip::pretrain
