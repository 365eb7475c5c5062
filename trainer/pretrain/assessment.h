#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <anomalyclip/engine.h>

#include "synth/part.h"

namespace anomalyclip::pretrain {

/// What the engine says of one drawn part.
struct Inspection {
  float global = 0, map = 0;  ///< both image scores; their mean is the third
  float peak = 0;             ///< largest value of the map
  AnomalyMap anomaly_map;

  float score(ScoreMode mode) const {
    return mode == ScoreMode::kGlobal ? global : mode == ScoreMode::kMap ? map : (global + map) / 2;
  }
};

/// Inspects a picture (RGB) as the plugin would: the same engine, the same files.
Inspection inspect(Engine& engine, const std::shared_ptr<const Prompts>& prompts,
                   const cv::Mat3b& picture);

/// One line of the comparison.
struct Row {
  std::string method;
  double pixel_auroc, image_auroc;
};

struct Assessment {
  int pictures = 0, good = 0;
  std::vector<Row>
      rows;  ///< the demo model with each score mode (first: the prompts' own), then saliency
};

/// What is judged: parts, each filling a picture, or belts that carry several.
enum class Subject { kParts, kLines };

/// Judges model and saliency on the same `count` pictures, of kinds of texture and shape that training never drew.
Assessment assess(Engine& engine, const std::shared_ptr<const Prompts>& prompts, Subject subject,
                  int count, std::uint64_t seed);

/// The mode with the highest image AUROC on drawn parts or lines (of the kinds that training drew, from another seed, so that the
/// held-out kinds judge and do not choose).
ScoreMode best_score_mode(Engine& engine, const std::shared_ptr<const Prompts>& prompts,
                          Subject subject, int count, std::uint64_t seed);

struct Thresholds {
  double image, pixel;
  int good, image_rejects, pixel_rejects;  ///< of `good` frames, how many reach each
};

/// Thresholds from `count` good parts of all kinds, each of another product, in the middle of a line's view: one in 200
/// reaches the image threshold, one in 50 has a pixel that reaches the pixel threshold.
Thresholds calibrate(Engine& engine, const std::shared_ptr<const Prompts>& prompts, int count,
                     std::uint64_t seed);

/// The lowest threshold that at most `rejects` of the scores reach: midway between the two scores around it.
double threshold_for(std::vector<float> scores, int rejects);

}  // namespace anomalyclip::pretrain
