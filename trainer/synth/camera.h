#pragma once

#include "colors.h"

namespace anomalyclip::synth {

/// Light and camera of one picture: drawn once, so that a good part and its defective twin are seen alike.
class Camera {
 public:
  explicit Camera(Sketch& sketch);

  /// Light falling on the scene, then the lens and the tone curve: still without noise.
  Image expose(const Image& scene) const;

  /// Sensor noise, 8 bits, and sometimes JPEG. RGB.
  cv::Mat3b capture(const Image& exposed) const;

  float noise_sigma() const { return noise_sigma_; }

 private:
  Plane gain_, offset_;
  float saturation_, contrast_, lift_, gamma_, blur_, noise_sigma_;
  bool color_noise_;
  int jpeg_quality_;  ///< 0: none
  std::uint64_t noise_seed_;
};

}  // namespace anomalyclip::synth
