#pragma once

#include <string>

namespace anomalyclip::bench {

/// A model file, its prompts, and the size at which it is timed.
struct BenchModel {
  std::string name;  ///< as it was asked for: "vit-l-14-336@518"
  std::string model, prompts;
  int image_size = 0;  ///< pixels; 0: the prompts'
};

/// Finds the files of a model that is asked for as NAME or NAME@PIXELS, NAME one of
///   demo           the demo model
///   vit-b-16, vit-l-14-336   OpenAI's sizes with weights that anyone can recompute; written to `cache` the first time
/// @param cache  folder, made where it is missing
/// @throws Error kSettings (no such name: says which there are)
BenchModel find_bench_model(const std::string& name, const std::string& cache);

}  // namespace anomalyclip::bench
