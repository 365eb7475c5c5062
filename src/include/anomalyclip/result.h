#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <anomalyclip/frame.h>

namespace anomalyclip {

enum class Verdict {
  kUnknown,    ///< no threshold was given
  kNormal,     ///< score < threshold
  kAnomalous,  ///< score >= threshold
};

/// A connected part (8 neighbours) of the map at or above the pixel threshold.
struct Region {
  Rect box;               ///< pixels of the frame
  float score = 0;        ///< largest map value inside, 0..1
  std::int64_t area = 0;  ///< pixels of the frame
};

/// The anomaly map of one frame: probability of "abnormal", row-major, row 0 at the top.
struct AnomalyMap {
  int width = 0, height = 0;  ///< samples: S x S whatever the frame's shape, or the part of it that Recipe::roi_keeps_scale leaves
  std::vector<float> values;  ///< [height * width], each 0..1
  Rect covers;                ///< the part of the frame that the map spans: the ROI, or all of it
};

/// Wall-clock milliseconds spent in each stage; 0 where a stage did not run.
struct StageTimings {
  double preprocess = 0, queue = 0, encode = 0, score = 0, map = 0, regions = 0, total = 0;
};

/// What one frame gave.
struct AnomalyResult {
  float score = 0;  ///< 0..1
  Verdict verdict = Verdict::kUnknown;
  std::optional<double> threshold;        ///< the one that the verdict was taken with
  std::optional<double> pixel_threshold;  ///< the one that the regions were cut with
  std::shared_ptr<const AnomalyMap> map;  ///< null unless asked for
  std::vector<Region> regions;            ///< largest score first; empty without a pixel threshold
  StageTimings timings;
};

}  // namespace anomalyclip
