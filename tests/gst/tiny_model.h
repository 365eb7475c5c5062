#pragma once

#include <optional>
#include <string>

namespace anomalyclip::testing {

/// What a prompt file of the tiny model says, where tests care.
struct TinyPrompts {
  std::optional<double> threshold = {}, pixel_threshold = {};
  unsigned seed = 1;             ///< of the text features: another product
  std::string fingerprint = {};  ///< empty: the tiny model's
  int image_size = 56;
};

/// A folder that goes with the process.
const std::string& scratch_folder();

/// A ViT of two layers whose weights are hashed numbers: an inspection takes milliseconds. Written once.
const std::string& tiny_model();

/// The same, whose weights are finite and whose output is not a number.
const std::string& overflowing_model();

/// Writes a prompt file for the tiny model; returns its path.
std::string tiny_prompts(const std::string& name, const TinyPrompts& prompts = {});

/// tiny_prompts() without thresholds, written once.
const std::string& plain_prompts();

/// "model=… prompts=…" of the tiny model, plain prompts.
std::string tiny_properties();

}  // namespace anomalyclip::testing
