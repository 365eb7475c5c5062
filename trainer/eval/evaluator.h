#pragma once

#include <memory>
#include <string>
#include <vector>

#include "eval/candidate.h"
#include "eval/evaluation.h"

namespace anomalyclip::trainer {

struct EvaluationSettings {
  std::string save_maps;  ///< folder for the maps; empty: none
  int bootstrap = 0;      ///< draws; 0: no intervals
};

/// Scores data sets with several candidates at once, each image read, preprocessed and encoded once.
///
/// Memory: the pixels of one class at a time, for each candidate as in metrics::PixelPool: 8 bytes a pixel at most; with
/// intervals metrics::ResampledPixels beside it.
class Evaluator {
 public:
  /// @param engine  null where no candidate needs it
  Evaluator(std::shared_ptr<Engine> engine, std::vector<Candidate> candidates,
            EvaluationSettings settings);

  /// All test images of a data set. Images that cannot be read or inspected are named among the problems.
  /// @throws Error kRead when no image of the data set could be inspected
  DataSetResult evaluate(const DataSet& data);

  /// The candidates, each with the prompts of this class.
  std::vector<Candidate> candidates_for(const std::string& class_name) const;
  Engine* engine() const { return engine_.get(); }
  const Speed& speed() const { return speed_; }

 private:
  std::shared_ptr<Engine> engine_;
  std::vector<Candidate> candidates_;
  EvaluationSettings settings_;
  Speed speed_;
};

}  // namespace anomalyclip::trainer
