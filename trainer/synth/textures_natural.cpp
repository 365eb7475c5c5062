#include <algorithm>

#include <opencv2/imgproc.hpp>

#include "textures.h"

namespace anomalyclip::synth {

Image draw_clouds(Sketch& s) {
  return painted(s, unit_range(power_law(s, s.random.uniform(0.2f, 2.2f))));
}

Image draw_wood(Sketch& s) {
  Random& r = s.random;
  const Lattice at = lattice(s, false);
  const Plane drift = value_noise(s, r.integer(2, 5), 2);
  const float ring = s.px(r.log_uniform(6, 50)), bend = s.px(r.log_uniform(4, 40));
  const float sway = s.px(r.uniform(0, 8)), sway_length = s.px(r.log_uniform(20, 200));
  Plane rings = (at.x + bend * drift) / ring;
  rings += map_planes(at.y, at.x,
                      [=](float y, float) { return sway / ring * std::sin(y / sway_length); });
  const bool sharp = r.chance(0.5f);
  rings = map_planes(rings, rings, [=](float v, float) { return sharp ? fraction(v) : wave(v); });
  rings += r.uniform(0.1f, 0.5f) * power_law(s, 0.8f, 20.f, r.uniform(0, 3.f));
  return painted(s, unit_range(rings));
}

Image draw_marble(Sketch& s) {
  Random& r = s.random;
  const Lattice at = lattice(s, false);
  const Plane turbulence = value_noise(s, r.integer(2, 7), 5, r.uniform(0.45f, 0.7f));
  const float period = s.px(r.log_uniform(20, 120)), twist = s.px(r.log_uniform(10, 60));
  const float sharpness = r.log_uniform(0.3f, 3.f);
  const Plane veins = map_planes(at.x, turbulence, [=](float x, float t) {
    return std::pow(std::abs(std::sin(3.1416f * (x + twist * t) / period)), sharpness);
  });
  return painted(s,
                 unit_range(veins + r.uniform(0.02f, 0.3f) * power_law(s, r.uniform(0.5f, 1.5f))));
}

Image draw_stone(Sketch& s) {
  Random& r = s.random;
  const Cells cells = worley(s, static_cast<int>(r.log_uniform(20, 1500)), r.chance(0.5f));
  Plane tone = r.chance(0.5f) ? unit_range(cells.distance) : cell_values(s, cells);
  tone += r.uniform(0, 0.16f) * power_law(s, r.uniform(0.3f, 1.5f));
  return painted(s, unit_range(blurred(tone, s.px(r.uniform(0.3f, 2.f)))));
}

Image draw_leather(Sketch& s) {
  Random& r = s.random;
  const Cells cells = worley(s, static_cast<int>(r.log_uniform(60, 3000)), r.chance(0.5f));
  Plane creases = blurred(cell_borders(cells), s.px(r.uniform(0.5f, 1.6f)));
  if (r.chance(0.5f)) creases += r.uniform(0, 0.12f) * power_law(s, r.uniform(0.3f, 1.5f));
  Image out =
      painted(s, unit_range(value_noise(s, r.integer(2, 6), 3)) * r.uniform(0, 0.5f) + 0.2f);
  multiply(out, 1.f - r.uniform(0.2f, 1.4f) * creases);
  add(out, relief(creases, r.angle(), r.uniform(0, 0.25f)));
  return out;
}

Image draw_terrazzo(Sketch& s) {
  Random& r = s.random;
  Image out = painted(s, unit_range(power_law(s, r.uniform(0.2f, 1.f))) * r.uniform(0.1f, 0.5f));
  const int layers = r.integer(1, 4);
  for (int i = 0; i < layers; ++i) {
    const Cells cells = worley(s, static_cast<int>(r.log_uniform(40, 1200)), true);
    const float part = r.uniform(0.1f, 0.5f), gap = s.px(r.uniform(0.5f, 3.f));
    const Plane value = cell_values(s, cells);
    const Plane rim = blurred(cell_borders(cells), gap);
    const Plane chips =
        map_planes(value, rim, [=](float v, float b) { return v < part && b < 0.12f ? 1.f : 0.f; });
    blend(out, painted(s, value * (1.f / part)), blurred(chips, s.px(0.6f)));
  }
  return out;
}

Image draw_cork(Sketch& s) {
  Random& r = s.random;
  Image out = painted(s, unit_range(power_law(s, r.uniform(0.6f, 1.6f))));
  const int layers = r.integer(1, 4);
  for (int i = 0; i < layers; ++i) {
    const Plane spots = soft_step(value_noise(s, static_cast<int>(r.log_uniform(12, 70)), 2),
                                  r.uniform(0.9f, 1.9f), r.log_uniform(3, 20));
    multiply(out, 1.f - spots * r.uniform(0.15f, 0.7f));
    if (r.chance(0.4f)) add(out, relief(spots, r.angle(), r.uniform(0, 0.1f)));
  }
  return out;
}

Image draw_granules(Sketch& s) {
  Random& r = s.random;
  const Cells cells = worley(s, static_cast<int>(r.log_uniform(150, 2500)), true);
  const Plane domes = unit_range(blurred(cells.distance, s.px(0.7f)));
  Image out = painted(s, cell_values(s, cells));
  multiply(out, 1.f - r.uniform(0.2f, 0.8f) * domes);
  add(out, relief(blurred(cells.distance, s.px(0.8f)), r.angle(), r.uniform(0.01f, 0.06f)));
  return out;
}

}  // namespace anomalyclip::synth
