#pragma once

#include <memory>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "common/progress.h"
#include "loop/encoded_batches.h"
#include "loop/epoch_order.h"
#include "loop/processes.h"
#include "loop/trainable_method.h"
#include "loop/training_state.h"

namespace anomalyclip::trainer {

struct LoopSettings {
  int epochs = 15;
  int batch_size = 8;
  double mosaics = 0;  ///< probability that a sample gives way to a mosaic: draw_mosaics()
  std::string output;  ///< the prompt file; checkpoint, log and curves lie beside it
  bool resume = false;
  /// What decides the result besides the method's own settings: data, seed, encoder.
  std::map<std::string, std::string> settings;
  /// JSON for the prompt file's metadata; the loop adds epochs and losses.
  nlohmann::json training;
};

/// Where a training with this output keeps its files: "p.safetensors" -> "p.checkpoint", "p.log.jsonl", "p.curves.png".
struct TrainingFiles {
  explicit TrainingFiles(const std::string& output);
  std::string prompts, checkpoint, log, curves;
};

/// Trains a method: epochs of shuffled batches, a checkpoint after each. What it does is decided by its settings alone,
/// however often it is interrupted and goes on.
class TrainingLoop {
 public:
  /// Restores the checkpoint, where there is one and `resume` is set.
  /// @param method, images, set, processes  must outlive this
  /// @throws Error kSettings (a checkpoint of an unfinished training is there, and `resume` is not set; more processes
  ///         than images in a batch), kMismatch (a checkpoint made with other settings)
  TrainingLoop(TrainableMethod& method, EncodedBatches& images, const TrainingSet& set,
               EpochOrder order, Processes& processes, LoopSettings settings);
  ~TrainingLoop();

  /// Trains until the last epoch, or until an interrupt, after which everything is saved.
  /// @returns whether all epochs are done
  /// @throws Error kNotFinite (the loss is not finite: training diverged), kDevice (another process is gone)
  bool run();

  const TrainingState& state() const { return state_; }

 private:
  enum class Outcome { kDone, kInterrupted };

  Outcome run_epoch();
  /// @returns whether some process was interrupted
  bool step(const EncodedBatch& batch);
  void finish_epoch();
  void save_checkpoint_file();
  void write_reports();
  std::string epoch_line(const EpochRecord& record) const;
  std::unique_ptr<Progress> make_progress(std::int64_t done) const;
  void show(Progress& progress) const;

  TrainableMethod& method_;
  EncodedBatches& images_;
  const TrainingSet& set_;
  EpochOrder order_;
  Processes& processes_;
  LoopSettings settings_;
  TrainingFiles files_;
  std::unique_ptr<torch::optim::Optimizer> optimizer_;
  TrainingState state_;
  std::int64_t seen_ = 0;          // images of the running epoch
  std::int64_t encoded_told_ = 0;  // of images_.encoded()
  bool first_epoch_of_run_ = true;
};

}  // namespace anomalyclip::trainer
