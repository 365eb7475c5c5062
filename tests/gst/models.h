#pragma once

#include <optional>
#include <string>

#include "tiny_model.h"

namespace anomalyclip::testing {

/// What a prompt file of the tiny model says, where tests of the elements care.
struct TinyPrompts {
  std::optional<double> threshold = {}, pixel_threshold = {};
  unsigned seed = 1;             ///< of the text features: another product
  std::string fingerprint = {};  ///< empty: the tiny model's
  int image_size = 56;
  std::string method = "anomalyclip";  ///< vand comes with drawn adapters
};

/// The tiny model and what is derived from it, written once; gone with the process.
const TinyModel& tiny();
const std::string& tiny_model();

/// A folder that goes with the process.
std::string scratch_folder();

/// The tiny model with weights that are finite and an output that is not a number.
const std::string& overflowing_model();

/// Writes a prompt file for the tiny model; returns its path.
std::string tiny_prompts(const std::string& name, const TinyPrompts& prompts = {});

/// tiny_prompts() without thresholds, written once.
const std::string& plain_prompts();

/// "model=… prompts=…" of the tiny model, plain prompts.
std::string tiny_properties();

}  // namespace anomalyclip::testing
