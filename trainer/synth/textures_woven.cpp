#include <algorithm>

#include <opencv2/imgproc.hpp>

#include "textures.h"

namespace anomalyclip::synth {

Image draw_weave(Sketch& s) {
  Random& r = s.random;
  const Lattice at = lattice(s);
  const float warp = s.px(r.log_uniform(4, 26)), weft = warp * r.uniform(0.7f, 1.4f),
              low = r.uniform(0.5f, 1.f);
  const bool twill = r.chance(0.3f);
  const auto over = [=](float x, float y) {
    const auto u = static_cast<int>(std::floor(x / warp)),
               v = static_cast<int>(std::floor(y / weft));
    return twill ? ((u + 2 * v) & 3) < 2 : ((u + v) & 1) != 0;
  };
  Plane height = map_planes(at.x, at.y, [=](float x, float y) {
    const float a = std::sin(3.1416f * fraction(x / warp)),
                b = std::sin(3.1416f * fraction(y / weft));
    return over(x, y) ? a * (0.6f + 0.4f * b) : b * (0.6f + 0.4f * a) * low;
  });
  height = blurred(height, std::max(0.5f, warp / 12.f));
  Image out = painted(s, unit_range(height + r.uniform(0, 0.25f) * power_law(s, 0.5f)));
  if (r.chance(0.3f)) {
    const float dark = r.uniform(0, 0.4f);
    multiply(out, map_planes(at.x, at.y,
                             [=](float x, float y) { return over(x, y) ? 1.f - dark : 1.f; }));
  }
  return out;
}

Image draw_knit(Sketch& s) {
  Random& r = s.random;
  const Lattice at = lattice(s);
  const float width = s.px(r.log_uniform(7, 34)), height = width * r.uniform(0.6f, 1.1f),
              slant = r.uniform(0.5f, 1.2f);
  Plane yarn = map_planes(at.x, at.y, [=](float x, float y) {
    const float u = fraction(x / width) - 0.5f,
                v = fraction(y / height + slant * std::abs(u) * 2.f);
    return std::sin(3.1416f * v) * (0.4f + 0.6f * std::sin(6.2832f * std::abs(u)));
  });
  yarn += r.uniform(0.02f, 0.2f) * power_law(s, r.uniform(0.2f, 0.8f));
  return painted(s, unit_range(blurred(yarn, std::max(0.4f, width / 16.f))));
}

Image draw_carpet(Sketch& s) {
  Random& r = s.random;
  const int width = r.integer(10, 64), height = r.chance(0.6f) ? width : r.integer(10, 64);
  Plane motif(height, width), tiled, smooth;
  r.fill_normal(motif);
  cv::repeat(motif, 3, 3, tiled);
  smooth = blurred(tiled, r.log_uniform(0.8f, std::max(1.f, width / 5.f)));
  motif = standardized(smooth({width, height, width, height}).clone());
  if (r.chance(0.5f)) motif = soft_step(motif, r.uniform(-0.6f, 0.9f), 12.f);
  cv::copyMakeBorder(motif, tiled, 1, 1, 1, 1, cv::BORDER_WRAP);
  const Lattice at = lattice(s);
  const float w = static_cast<float>(width), h = static_cast<float>(height);
  const Plane u =
      map_planes(at.x, at.y, [=](float x, float) { return x - w * std::floor(x / w) + 1.f; });
  const Plane v =
      map_planes(at.y, at.x, [=](float y, float) { return y - h * std::floor(y / h) + 1.f; });
  Plane pattern;
  cv::remap(tiled, pattern, u, v, cv::INTER_LINEAR, cv::BORDER_WRAP);
  Image out =
      painted(s, unit_range(pattern + r.uniform(0, 0.2f) * power_law(s, r.uniform(0.2f, 1.5f))));
  add(out, relief(pattern, r.angle(), r.uniform(0, 0.1f)));
  return out;
}

Image draw_felt(Sketch& s) {
  Random& r = s.random;
  Image out = painted(s, unit_range(power_law(s, r.uniform(0.5f, 1.8f))));
  const int count = static_cast<int>(r.log_uniform(40, 500));
  const float direction = r.angle(), spread = r.uniform(0, 3.14f),
              length = s.px(r.log_uniform(8, 60));
  const Color color = random_color(r);
  for (int i = 0; i < count; ++i) {
    const float angle = direction + spread * r.normal(), l = length * r.uniform(0.5f, 1.5f);
    const cv::Point2f from(r.uniform() * s.size, r.uniform() * s.size);
    const cv::Point2f to = from + cv::Point2f(l * std::cos(angle), l * std::sin(angle));
    const Color shade = color * r.uniform(0.7f, 1.3f);
    cv::line(out, from * 8, to * 8, cv::Scalar(shade[0], shade[1], shade[2]),
             r.chance(0.7f) ? 1 : 2, cv::LINE_AA, 3);
  }
  cv::GaussianBlur(out, out, {}, r.uniform(0.3f, 1.f));
  return out;
}

Image draw_stripes(Sketch& s) {
  Random& r = s.random;
  const Lattice at = lattice(s);
  const float period = s.px(r.log_uniform(4, 60)), edge = r.uniform(0.2f, 0.8f),
              second = s.px(r.log_uniform(6, 100));
  const float share = r.chance(0.3f) ? r.uniform(0.2f, 1.f) : 0.f;
  const bool hard = r.chance(0.4f);
  Plane bands = map_planes(at.x, at.y, [=](float x, float) {
    const float w = wave(x / period);
    return (hard ? std::clamp((w - edge) * period + 0.5f, 0.f, 1.f) : w) +
           share * std::sin(6.2832f * x / second);
  });
  return painted(s, unit_range(bands + r.uniform(0, 0.25f) * power_law(s, r.uniform(0.2f, 1.8f))));
}

}  // namespace anomalyclip::synth
