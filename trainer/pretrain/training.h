#pragma once

#include <functional>
#include <string>

#include "captions.h"
#include "optimizer.h"
#include "samples.h"
#include "team.h"

namespace anomalyclip::pretrain {

struct TrainingSettings {
  std::int64_t images = 150'000;  ///< to learn from, views of parts counted one by one
  std::uint64_t seed = 0;
  std::int64_t reuse = 4;  ///< views of each part
  float coarse_share =
      0.7f;                 ///< of the images: at half the resolution, which is three times as fast
  std::int64_t batch = 48;  ///< at half resolution; half as many at full
  Shape shape;
  OptimizerSettings optimizer;
  LossWeights losses;
};

/// Where training stands.
struct Progress {
  std::int64_t step, images;
  int size;                      ///< pixels of the pictures of this step
  float local, global, caption;  ///< losses of this step
  bool skipped;                  ///< a gradient was not finite
};

/// Trains the demo model. Deterministic: the same settings give the same weights for any interruption.
class Training {
 public:
  explicit Training(const TrainingSettings& settings);

  bool done() const { return images_ >= settings_.images; }
  std::int64_t images() const { return images_; }

  /// @throws Error kNotFinite after 20 steps in a row without a finite gradient
  Progress step();

  /// Continues from a checkpoint. @throws Error kNotFound, kRead, kMismatch (made with other settings)
  void resume(const std::string& path);
  void save(const std::string& path) const;

  /// The moving average of the weights, with the full token table.
  Tensors result() const;

  const Tensors& weights() const { return weights_; }
  const TrainingSettings& settings() const { return settings_; }

 private:
  std::string describe() const;
  float rate() const;

  TrainingSettings settings_;
  Vocabulary vocabulary_;
  Tensors weights_;
  Optimizer optimizer_;
  Samples samples_;
  Team team_;
  std::int64_t images_ = 0, steps_ = 0;
  int skipped_in_a_row_ = 0;
};

}  // namespace anomalyclip::pretrain
