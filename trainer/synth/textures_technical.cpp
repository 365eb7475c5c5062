#include <algorithm>

#include <opencv2/imgproc.hpp>

#include "textures.h"

namespace anomalyclip::synth {

Image draw_brushed(Sketch& s) {
  Random& r = s.random;
  const float angle = r.chance(0.4f) ? r.uniform(0, 3.14f) : r.integer(0, 2) * 1.5708f;
  Plane lines = power_law(s, r.uniform(0.5f, 1.6f), r.log_uniform(6, 60), angle);
  if (r.chance(0.5f))
    lines +=
        r.uniform(0.1f, 0.8f) * power_law(s, r.uniform(0.3f, 1.f), r.log_uniform(20, 80), angle);
  if (r.chance(0.5f)) lines += r.uniform(0.1f, 1.f) * power_law(s, r.uniform(0.3f, 2.f));
  return painted(s, unit_range(lines));
}

Image draw_plastic(Sketch& s) {
  Random& r = s.random;
  Image out = plain(s.size, random_color(r));
  add(out, r.uniform(0, 0.12f) * value_noise(s, r.integer(2, 5)) +
               r.log_uniform(0.003f, 0.05f) * power_law(s, r.uniform(0, 1.5f)));
  return out;
}

Image draw_mesh(Sketch& s) {
  Random& r = s.random;
  const Lattice at = lattice(s);
  const float p = s.px(r.log_uniform(8, 48)), q = r.chance(0.6f) ? p : s.px(r.log_uniform(8, 48));
  const float bar = r.uniform(0.04f, 0.2f), skew = r.chance(0.3f) ? 0.577f : 0.f;
  const bool both = r.chance(0.7f);
  const Plane distance = map_planes(at.x, at.y, [=](float x, float y) {
    const float u = std::abs(x / p - std::round(x / p)), w = (y + skew * x) / q,
                v = std::abs(w - std::round(w));
    return both ? std::min(u, v) : u;
  });
  return painted(s, unit_range(soft_step(distance, bar, 40.f) +
                               r.uniform(0, 0.1f) * power_law(s, r.uniform(0.3f, 1.5f))));
}

Image draw_perforated(Sketch& s) {
  Random& r = s.random;
  const Lattice at = lattice(s);
  const float p = s.px(r.log_uniform(7, 44)), radius = r.uniform(0.12f, 0.42f),
              shift = r.chance(0.5f) ? 0.5f : 0.f;
  const Plane distance = map_planes(at.x, at.y, [=](float x, float y) {
    const float row = std::round(y / p),
                u = x / p + ((static_cast<int>(row) & 1) != 0 ? shift : 0.f);
    return std::hypot(u - std::round(u), y / p - row);
  });
  const Plane holes = soft_step(distance, radius, p * r.uniform(0.5f, 2.f));
  Image out =
      painted(s, unit_range(holes + r.uniform(0, 0.15f) * power_law(s, r.uniform(0.3f, 1.5f))));
  if (r.chance(0.4f)) add(out, relief(holes, r.angle(), r.uniform(0, 0.15f)));
  return out;
}

Image draw_tiles(Sketch& s) {
  Random& r = s.random;
  const Lattice at = lattice(s);
  const float h = s.px(r.log_uniform(14, 80)), w = h * r.uniform(1.f, 3.f),
              joint = r.uniform(0.02f, 0.12f);
  const float shift = r.chance(0.7f) ? 0.5f : 0.f;
  const auto column = [=](float x, float y) {
    return x / w + ((static_cast<int>(std::floor(y / h)) & 1) != 0 ? shift : 0.f);
  };
  Plane joints = map_planes(at.x, at.y, [=](float x, float y) {
    return fraction(y / h) < joint || fraction(column(x, y)) < joint * h / w ? 1.f : 0.f;
  });
  const Plane each = map_planes(at.x, at.y, [=](float x, float y) {
    return fraction(
        std::abs(std::sin(std::floor(y / h) * 12.9898f + std::floor(column(x, y)) * 78.233f)) *
        43758.f);
  });
  Image out = painted(s, unit_range(r.uniform(0.1f, 0.6f) * power_law(s, r.uniform(0.6f, 1.8f)) +
                                    r.uniform(0, 2.f) * each));
  blend(out, random_color(r), blurred(joints, s.px(r.uniform(0.4f, 1.5f))));
  return out;
}

Image draw_circuit(Sketch& s) {
  Random& r = s.random;
  Image out = plain(s.size, random_color(r));
  multiply(out, 1.f + 0.05f * power_law(s, 0.8f));
  const Color track = random_color(r);
  const cv::Scalar ink(track[0], track[1], track[2]);
  const int grid = static_cast<int>(s.px(static_cast<float>(r.integer(8, 20)))),
            cells = s.size / grid;
  constexpr int kWays[4][2] = {{1, 0}, {0, 1}, {1, 1}, {1, -1}};
  const int tracks = r.integer(8, 30);
  for (int i = 0; i < tracks; ++i) {
    cv::Point at(r.integer(0, cells) * grid, r.integer(0, cells) * grid);
    const int bends = r.integer(2, 5), width = r.integer(2, 5);
    for (int k = 0; k < bends; ++k) {
      const auto& way = kWays[r.integer(0, 4)];
      const int length = r.integer(1, 7) * grid * (r.chance(0.5f) ? 1 : -1);
      const cv::Point to(at.x + way[0] * length, at.y + way[1] * length);
      cv::line(out, at, to, ink, width, cv::LINE_AA);
      at = to;
    }
    cv::circle(out, at, r.integer(3, 7), ink, cv::FILLED, cv::LINE_AA);
    if (r.chance(0.5f)) cv::circle(out, at, 2, {0, 0, 0}, cv::FILLED, cv::LINE_AA);
  }
  return out;
}

Image draw_asphalt(Sketch& s) {
  Random& r = s.random;
  Image out = painted(s, unit_range(power_law(s, r.uniform(0.5f, 2.f))));
  Plane grain(s.size, s.size);
  r.fill_normal(grain);
  add(out, r.uniform(0.03f, 0.25f) * standardized(blurred(grain, s.px(r.log_uniform(0.5f, 2.5f)))));
  if (r.chance(0.6f)) {
    r.fill_normal(grain);
    const Plane field = standardized(blurred(grain, s.px(r.log_uniform(0.6f, 4.f))));
    blend(out, random_color(r) * r.uniform(0.3f, 1.f),
          0.8f * soft_step(field, r.uniform(1.2f, 2.8f), 8.f));
  }
  return out;
}

Image draw_hammered(Sketch& s) {
  Random& r = s.random;
  const Plane bumps =
      r.chance(0.5f)
          ? value_noise(s, static_cast<int>(r.log_uniform(6, 40)), r.integer(1, 3))
          : standardized(
                blurred(worley(s, static_cast<int>(r.log_uniform(30, 600)), false).distance, 1.5f));
  Image out = plain(s.size, random_color(r));
  add(out, relief(bumps, r.angle(), r.log_uniform(0.02f, 0.15f)));
  add(out, r.uniform(0, 0.05f) * power_law(s, r.uniform(0, 1.5f)));
  return out;
}

Image draw_tread(Sketch& s) {
  Random& r = s.random;
  const Lattice at = lattice(s, false);
  const float p = s.px(r.log_uniform(14, 50)), length = r.uniform(0.28f, 0.46f),
              width = length * r.uniform(0.15f, 0.45f);
  const bool crossed = r.chance(0.7f);
  Plane studs = map_planes(at.x, at.y, [=](float x, float y) {
    const float i = std::round(x / p), j = std::round(y / p), u = x / p - i, v = y / p - j;
    const bool turned = crossed && (static_cast<int>(i + j) & 1) != 0;
    const float a = (turned ? v : u) / length, b = (turned ? u : v) / width;
    return std::clamp((1.f - a * a - b * b) * 2.f, 0.f, 1.f);
  });
  studs = blurred(studs, s.px(r.uniform(0.5f, 1.5f)));
  Image out = painted(s, unit_range(power_law(s, r.uniform(0.4f, 1.6f))) * r.uniform(0.1f, 0.6f));
  add(out, r.uniform(-0.15f, 0.3f) * studs + relief(studs, r.angle(), r.uniform(0.05f, 0.3f)));
  return out;
}

}  // namespace anomalyclip::synth
