#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <anomalyclip/engine.h>

#include "loop/training_set.h"
#include "train/choices.h"

namespace CLI {
class App;
}

namespace anomalyclip::trainer {

/// The command line of `anomalyclip train`.
struct TrainOptions {
  std::string model, method = "anomalyclip", init, output;
  std::vector<std::string> data;
  std::string device = "auto";
  Precision precision = Precision::kAuto;
  SampleChoice samples;
  bool skip_broken = false;
  std::vector<std::string> presets;
  bool paper = false;
  Choices choices;
  std::uint64_t seed = 111;
  std::string cache_folder;
  bool no_cache = false;
  double cache_limit = 20;  ///< GiB
  bool resume = false;

  void add_to(CLI::App& command);

  /// The presets in their order, then what was said one by one.
  /// @throws Error kSettings (a preset that is not there; something that the method does not read)
  Choices all_choices() const;
  std::string model_path() const;
};

}  // namespace anomalyclip::trainer
