#pragma once

#include <span>
#include <vector>

#include "noise.h"

namespace anomalyclip::synth {

/// Closed polygons; a point is inside when it lies in an odd number of them (so inner ones are holes).
using Outline = std::vector<std::vector<cv::Point2f>>;

struct ShapeKind {
  const char* name;
  Outline (*trace)(Random& traits);  ///< about the origin, about 1 in radius
  bool irregular;                    ///< each piece has an outline of its own, as baked goods have
};

/// All kinds, in a fixed order.
std::span<const ShapeKind> shape_kinds();

Outline placed(const Outline& outline, cv::Point2f center, float radius, float angle);

/// A round blob of random irregularity, for spots, chips and biscuits.
Outline blob(Random& random, cv::Point2f center, float radius, float irregularity, float elongation,
             float angle);

/// 1 inside, antialiased, then blurred by `softness` pixels.
Plane filled(const Outline& outline, int size, float softness);

/// Fills several outlines at once.
Plane filled(std::span<const Outline> outlines, int size, float softness);

}  // namespace anomalyclip::synth
