#pragma once

#include <string>

#include <anomalyclip/engine.h>

namespace anomalyclip::bench {

struct WorkerOptions {
  std::string model, prompts, device = "auto", model_cache_dir;
  Precision precision = Precision::kAuto;
  int image_size = 0, batch = 1;
  int width = 640, height = 480;  ///< of the frames
};

/// A contestant's other side: loads the model, says so, and inspects frames when it is told to, until its standard input
/// ends. Lines in: `run SECONDS`. Answers: {"precision", "device"} once; then a list of milliseconds a frame for each
/// stage and for the whole.
void work(const WorkerOptions& options);

}  // namespace anomalyclip::bench
