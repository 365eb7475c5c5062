#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace anomalyclip {

/// Which number is the image score.
enum class ScoreMode {
  kGlobal,  ///< softmax of the global feature against both prompts (paper section 3.2)
  kMap,     ///< mean of the largest 0.1 % of the anomaly map
  kMean,    ///< mean of the two above
};

/// What attends to what on the local path (paper section 3.3 and Table 10). kQK is CLIP's own: the tokens of the
/// original path, beside those of local ones.
enum class AttentionKind { kVV, kQQ, kKK, kQK };

/// The non-linearity of the encoder's MLPs. It belongs to the weights: the wrong one runs, and is
/// silently inexact.
enum class Activation {
  kQuickGelu,  ///< x * sigmoid(1.702 x): OpenAI's weights
  kGelu,       ///< the exact GELU: LAION's weights, and OpenAI's where VAND runs them
};

/// How the position embedding is brought to another patch grid.
enum class Interpolation {
  kBilinear,  ///< the reference implementation's
  kBicubic,   ///< antialiased, as open_clip's: WinCLIP and VAND
};

/// Numbers that a method scores with besides its text features; row-major.
struct PromptTensor {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

/// What to look for and how: the content of a prompt file, which is one product to inspect.
/// Immutable once loaded, so that threads share it freely.
struct Prompts {
  std::string name;                  ///< the file's name without folders, for messages
  std::vector<float> text_features;  ///< [2, D] unit rows: 0 normal, 1 abnormal
  std::string method = "anomalyclip";
  std::string model_fingerprint;  ///< lower-case hex SHA-256, see docs/prompt-file.md
  int image_size = 518;           ///< pixels; a multiple of the patch size
  int dpam_from = 6;              ///< first layer (from 1) with a local path; 0: none
  std::vector<AttentionKind> attention = {AttentionKind::kVV};  ///< more than one: an ensemble
  std::vector<int> features = {24};  ///< tapped layers, from 1, ascending, distinct
  double sigma = 4.0;                ///< of the map's Gaussian, in pixels of the map; 0: none
  double temperature = 0.07;
  ScoreMode score = ScoreMode::kGlobal;
  bool global_ln_post =
      false;  ///< whether ln_post normalises the global feature, as in CLIP itself
  Interpolation positions = Interpolation::kBilinear;
  std::optional<Activation> activation;  ///< unset: the model's
  std::string class_name, normal_template, abnormal_template;
  std::optional<double> threshold;  ///< of the score: at or above it a frame is anomalous
  std::optional<double>
      pixel_threshold;  ///< of the map, in [0, 1]: at or above it a pixel is in a region
  std::map<std::string, std::string>
      metadata;  ///< everything that the file's header holds, unknown keys too

  /// By their names in the file: `adapters.*`, `references.*` (docs/prompt-file.md)
  std::map<std::string, PromptTensor> tensors;

  int embed_dim() const { return static_cast<int>(text_features.size() / 2); }

  /// Reads a prompt file (safetensors, format `anomalyclip-prompts/1`). It parses, and never
  /// executes.
  /// @throws Error kNotFound, kRead (malformed, unknown format, value out of range: names the key)
  static std::shared_ptr<const Prompts> load(const std::string& path);
};

}  // namespace anomalyclip
