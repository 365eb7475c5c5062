#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "losses.h"
#include "synth/part.h"

namespace anomalyclip::pretrain {

/// Parts drawn on the fly. Each is kept for a while and used several times, cropped and coloured anew; which ones a
/// step uses is a function of (seed, step), so that interrupted training resumes with the same pictures.
class Samples {
 public:
  /// @param reuse  how often a part is used on average
  Samples(std::uint64_t seed, std::int64_t reuse) : seed_(seed), reuse_(reuse) {
    settings_.repertoire = synth::training_kinds();
  }

  /// Pictures `first` to `first + count - 1` of a training run, each `size` pixels. Thread-safe.
  Batch batch(std::int64_t first, std::int64_t count, int size);

 private:
  std::shared_ptr<const synth::Part> part(std::int64_t index);

  static constexpr std::int64_t kWindow = 3000;  ///< parts kept

  std::uint64_t seed_;
  std::int64_t reuse_;
  synth::PartSettings settings_;
  std::mutex mutex_;
  std::map<std::int64_t, std::shared_ptr<const synth::Part>> parts_;
};

/// [3, S, S] float32 of an RGB picture, CLIP-normalised.
at::Tensor normalised(const cv::Mat3b& rgb);

}  // namespace anomalyclip::pretrain
