#pragma once

#include <string>
#include <vector>

#include "eval/evaluator.h"

namespace anomalyclip::trainer {

/// One image of the report, as `data:` addresses of JPEG thumbnails.
struct Picture {
  SampleScore sample;
  std::string input, mask, heatmap;  ///< the mask is empty where there is none
};

/// What to look at in a class.
struct Gallery {
  std::vector<Picture> found;         ///< the anomalous images of the highest scores
  std::vector<Picture> false_alarms;  ///< the good images of the highest scores
  std::vector<Picture> missed;        ///< the anomalous images of the lowest scores
};

/// Inspects the two most telling images of each kind again and draws them.
/// @throws Error as the first inspection did
Gallery draw_gallery(const ClassResult& result, const Candidate& candidate, Engine* engine);

}  // namespace anomalyclip::trainer
