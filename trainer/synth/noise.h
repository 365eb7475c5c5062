#pragma once

#include <vector>

#include <opencv2/core.hpp>

#include "random.h"

namespace anomalyclip::synth {

using Plane = cv::Mat1f;  ///< one number a pixel
using Image = cv::Mat3f;  ///< RGB, linear in [0, 1] (may overshoot until the camera clips it)
using Color = cv::Vec3f;  ///< RGB in [0, 1]

/// What every drawing function is given: where randomness comes from, and how large the picture is.
struct Sketch {
  Random random;
  int size;  ///< pixels, even; pictures are square

  /// Lengths are written for pictures of 256 pixels.
  float px(float at_256) const { return at_256 * static_cast<float>(size) / 256.f; }
};

template <typename F>
Plane per_pixel(int size, F value) {
  Plane plane(size, size);
  for (int y = 0; y < size; ++y) {
    float* row = plane[y];
    for (int x = 0; x < size; ++x) row[x] = value(static_cast<float>(x), static_cast<float>(y));
  }
  return plane;
}

template <typename F>
Plane map_planes(const Plane& a, const Plane& b, F value) {
  Plane out(a.size());
  for (int y = 0; y < a.rows; ++y) {
    const float *p = a[y], *q = b[y];
    float* row = out[y];
    for (int x = 0; x < a.cols; ++x) row[x] = value(p[x], q[x]);
  }
  return out;
}

Plane blurred(const Plane& plane, float sigma);

/// Mean 0, deviation 1.
Plane standardized(const Plane& plane);

/// Linear, so that the 1st and 99th percentile become 0 and 1; clipped.
Plane unit_range(const Plane& plane);

/// 1 / (1 + exp(-(plane - edge) * steepness)).
Plane soft_step(const Plane& plane, float edge, float steepness);

/// Gaussian noise whose amplitude falls as frequency^-exponent; stretched along `angle` by `stretch`. Standardized.
Plane power_law(Sketch& sketch, float exponent, float stretch = 1.f, float angle = 0.f);

/// Smoothly interpolated random values on a lattice of `cells` per side, `octaves` of them. Standardized.
Plane value_noise(Sketch& sketch, int cells, int octaves = 1, float fade = 0.5f);

/// Worley cells: distance to the nearest seed point (pixels) and its number.
struct Cells {
  Plane distance;
  cv::Mat1i label;
};
Cells worley(Sketch& sketch, int count, bool scattered);

/// A value in [0, 1) for each cell.
Plane cell_values(Sketch& sketch, const Cells& cells);

/// 1 where two cells meet.
Plane cell_borders(const Cells& cells);

/// Light and shade of a height field that is lit from `angle`.
Plane relief(const Plane& height, float angle, float strength);

/// Turned, shifted and perhaps bent pixel coordinates: what regular textures are laid out on.
struct Lattice {
  Plane x, y;
};
Lattice lattice(Sketch& sketch, bool may_bend = true);

/// The wave between 0 and 1 of period 1.
inline float wave(float phase) {
  return 0.5f + 0.5f * std::sin(6.2831853f * phase);
}
inline float fraction(float v) {
  return v - std::floor(v);
}

}  // namespace anomalyclip::synth
