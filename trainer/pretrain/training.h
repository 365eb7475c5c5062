#pragma once

#include <functional>
#include <string>

#include "captions.h"
#include "optimizer.h"
#include "samples.h"
#include "team.h"

namespace anomalyclip::pretrain {

/// A part of a cycle, at one size of picture.
struct Stage {
  float share;         ///< of the cycle's images
  int size;            ///< pixels, a multiple of the patch
  std::int64_t batch;  ///< images a step, even
};

/// A warm-up, then a cosine that reaches zero after `images` (Loshchilov and Hutter, SGDR). The cycle ends with its stages.
struct Cycle {
  std::int64_t images;
  float rate;          ///< highest, of the optimizer's
  std::int64_t reuse;  ///< views of each part
  float whole;         ///< share of the views that show all of it; the others are windows
  std::vector<Stage> stages;
};

struct TrainingSettings {
  std::uint64_t seed = 0;
  /// What a defect is shows in small windows, which are many times cheaper than whole pictures. The second cycle learns
  /// what is far away from it, the third what is inspected later: all of a part or of a belt, at the size that the prompts
  /// ask for.
  std::vector<Cycle> cycles{
      {700'000, 1.f, 32, 0.f, {{0.845f, 72, 96}, {0.125f, 144, 32}, {0.00085f, 240, 16}}},
      {18'000, 0.35f, 32, 0.f, {{0.5f, 240, 16}, {0.5f, 336, 8}}},
      {80'000, 0.5f, 8, 0.6f, {{1.f, 288, 16}}}};
  Shape shape;
  OptimizerSettings optimizer;
  LossWeights losses;

  bool lines = true;  ///< belts that carry several parts are among what is drawn

  /// What half an hour on two cores can teach: parts alone, in smaller pictures.
  void quicken();
};

/// Where training stands.
struct Progress {
  std::int64_t step, images;
  int size;                            ///< pixels of the pictures of this step
  float local, global, peak, caption;  ///< losses of this step
  bool skipped;                        ///< a gradient was not finite
};

/// Trains the demo model. Deterministic: the same settings give the same weights for any interruption.
class Training {
 public:
  explicit Training(const TrainingSettings& settings);

  bool done() const { return images_ >= total(); }
  std::int64_t images() const { return images_; }
  /// Images to learn from, windows of parts counted one by one.
  std::int64_t total() const;

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
  /// Where training stands: the step's stage, and the rate of both optimizers, 0 to 1.
  struct Place {
    const Cycle* cycle;
    const Stage* stage;
    float rate;
  };
  Place place() const;

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
