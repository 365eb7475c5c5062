#pragma once

#include "noise.h"

namespace anomalyclip::synth {

/// Greys, earth colours, saturated colours, anything.
Color random_color(Random& random);

/// Colours a plane of values in [0, 1] with a gradient of a few related colours.
Image painted(Sketch& sketch, const Plane& values);

Image plain(int size, const Color& color);

/// image * (1 - alpha) + other * alpha, in place.
void blend(Image& image, const Image& other, const Plane& alpha);
void blend(Image& image, const Color& color, const Plane& alpha);

/// image + plane, image * plane, on all channels, in place.
void add(Image& image, const Plane& plane);
void multiply(Image& image, const Plane& plane);

Plane luma(const Image& image);

}  // namespace anomalyclip::synth
