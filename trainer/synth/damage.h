#pragma once

#include "defects.h"

namespace anomalyclip::synth {

/// A scene with defects drawn on it.
struct Damage {
  Image image;
  Plane touched;  ///< 0 to 1
  int kind = -1;  ///< of the last defect; -1: none could be drawn
};

/// Draws one defect, sometimes up to three. One that touches next to nothing, or nearly everything, is drawn again.
/// @param materials  texture kinds that foreign matter may be made of
Damage damaged(Sketch& sketch, const Scene& scene, const Image& good,
               const std::vector<int>& materials);

/// 255 where a defect can be seen: touched, and changed by more than the eye or the sensor's noise would miss.
/// @param noise  the sensor's deviation, of full scale
cv::Mat1b visible(const Plane& touched, const Image& good, const Image& bad, float noise);

/// Pixels that a defect must show at least.
inline double least_area(const Sketch& sketch) {
  return static_cast<double>(sketch.px(3.5f)) * sketch.px(3.5f);
}

}  // namespace anomalyclip::synth
