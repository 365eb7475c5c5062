#include <algorithm>

#include <opencv2/imgproc.hpp>

#include "defects.h"
#include "textures.h"

namespace anomalyclip::synth {

namespace {

/// What shows where the material is gone.
Image underneath(Sketch& s, const Stage& stage) {
  if (stage.scene.is_object()) return stage.scene.background;
  if (s.random.chance(0.4f)) return draw_texture(s, stage.materials);
  Image out = plain(s.size, random_color(s.random) * s.random.uniform(0, 0.6f));
  add(out, 0.03f * power_law(s, 1.f));
  return out;
}

/// Pixel coordinates, to be bent and sampled at.
Lattice straight(int size) {
  return {per_pixel(size, [](float x, float) { return x; }),
          per_pixel(size, [](float, float y) { return y; })};
}

Image sampled(const Image& image, const Lattice& at) {
  Image out;
  cv::remap(image, out, at.x, at.y, cv::INTER_LINEAR, cv::BORDER_REFLECT);
  return out;
}

}  // namespace

Plane draw_crack(Sketch& s, Stage& stage) {
  Random& r = s.random;
  const Plane mask = crack_stamp(s, stage);
  if (stage.scene.is_object() && r.chance(0.5f)) {
    blend(stage.image, stage.scene.background, mask);
  } else {
    tint(s, stage.image, mask, r.chance(0.8f) ? Tone::kDark : Tone::kAny);
  }
  if (r.chance(0.3f)) add(stage.image, relief(mask, r.angle(), r.uniform(0, 0.3f)));
  return mask;
}

Plane draw_hole(Sketch& s, Stage& stage) {
  Random& r = s.random;
  const Plane mask = blob_stamp(s, stage, 2, 22, r.uniform(0, 0.35f));
  if (r.chance(0.75f)) {
    multiply(stage.image, 1.f - r.uniform(0.7f, 1.f) * mask);
  } else {
    blend(stage.image, random_color(r) * r.uniform(0.3f, 1.f), mask);
  }
  if (r.chance(0.5f))
    add(stage.image,
        relief(blurred(mask, s.px(r.uniform(0.8f, 3.f))), r.angle(), r.uniform(0.1f, 1.f)));
  return mask;
}

Plane draw_chip(Sketch& s, Stage& stage) {
  const Plane mask = bite_stamp(s, stage);
  blend(stage.image, underneath(s, stage), mask);
  if (s.random.chance(0.4f))
    add(stage.image,
        relief(blurred(mask, s.px(1.5f)), s.random.angle(), s.random.uniform(0, 0.8f)));
  return mask;
}

Plane draw_dent(Sketch& s, Stage& stage) {
  Random& r = s.random;
  const cv::Point2f at = point_on(s, stage);
  const float width = s.px(r.log_uniform(3, 16)), k = -0.5f / (width * width);
  Plane height = per_pixel(s.size, [=](float x, float y) {
    return std::exp(k * ((x - at.x) * (x - at.x) + (y - at.y) * (y - at.y)));
  });
  height = height.mul(1.f + 0.3f * value_noise(s, 8, 2));
  const float depth = r.log_uniform(0.15f, 1.5f) * std::pow(width, 0.6f) * r.sign();
  Lattice bent = straight(s.size);
  bent.x += relief(height, 0.f, width * r.uniform(0, 1.5f));
  bent.y += relief(height, 1.5708f, width * r.uniform(0, 1.5f));
  add(stage.image, relief(height, r.angle(), 0.6f * depth));
  stage.image = sampled(stage.image, bent);
  return soft_step(height, 0.3f, 30.f);
}

Plane draw_fold(Sketch& s, Stage& stage) {
  Random& r = s.random;
  const cv::Point2f at = point_on(s, stage);
  const float angle = r.angle(), c = std::cos(angle), q = std::sin(angle),
              bend = r.uniform(-0.004f, 0.004f);
  const float width = s.px(r.log_uniform(1.5f, 9.f)), length = s.px(r.log_uniform(20, 160));
  const Plane rough = s.px(r.uniform(0, 3.f)) * value_noise(s, 6);
  Plane along =
      per_pixel(s.size, [=](float x, float y) { return (x - at.x) * c + (y - at.y) * q; });
  Plane across = per_pixel(s.size, [=](float x, float y) {
    const float u = (x - at.x) * c + (y - at.y) * q;
    return (y - at.y) * c - (x - at.x) * q + bend * u * u;
  });
  across += rough;
  const auto fade = [=](float u) { return std::exp(-std::pow(u / length, 4.f)); };
  const Plane ridge = map_planes(along, across, [=](float u, float v) {
    const float t = v / width;
    return 2.3f * t * std::exp(-t * t) * fade(u);
  });
  const Plane mask = map_planes(along, across, [=](float u, float v) {
    const float t = v / (1.3f * width);
    return std::exp(-t * t) * fade(u);
  });
  add(stage.image, r.uniform(0.1f, 0.4f) * ridge);
  if (r.chance(0.5f)) {
    Lattice bent = straight(s.size);
    bent.x += (-0.5f * q * width) * ridge;
    bent.y += (0.5f * c * width) * ridge;
    stage.image = sampled(stage.image, bent);
  }
  return soft_step(mask, 0.3f, 20.f);
}

Plane draw_cut(Sketch& s, Stage& stage) {
  Random& r = s.random;
  Plane mask;
  cv::dilate(scratch_stamp(s, stage), mask, cv::Mat());
  const Plane edges = relief(blurred(mask, s.px(1.2f)), r.angle(), r.uniform(0.1f, 0.7f));
  if (stage.scene.is_object() && r.chance(0.7f)) {
    blend(stage.image, stage.scene.background, mask);
  } else {
    multiply(stage.image, 1.f - r.uniform(0.5f, 1.f) * mask);
  }
  add(stage.image, edges);
  return mask;
}

/// The pattern is right, but not here: turned, bent or of another scale.
Plane draw_misprint(Sketch& s, Stage& stage) {
  Random& r = s.random;
  const Plane mask = r.chance(0.6f) ? blob_stamp(s, stage, 12, 45, r.uniform(0.05f, 0.7f))
                                    : patchy_stamp(s, stage);
  Lattice at = straight(s.size);
  const int way = r.integer(0, 3);
  if (way == 0) {
    const float bend = s.px(r.log_uniform(5, 20));
    at.x += bend * value_noise(s, r.integer(4, 14));
    at.y += bend * value_noise(s, r.integer(4, 14));
  } else {
    const float angle = way == 1 ? r.uniform(0.3f, 2.8f) : 0.f;
    const float zoom = way == 1         ? 1.f
                       : r.chance(0.5f) ? r.log_uniform(0.4f, 0.67f)
                                        : r.log_uniform(1.5f, 2.5f);
    const float half = s.size / 2.f, c = std::cos(angle) * zoom, q = std::sin(angle) * zoom;
    at = {
        per_pixel(s.size, [=](float x, float y) { return half + (x - half) * c - (y - half) * q; }),
        per_pixel(s.size,
                  [=](float x, float y) { return half + (x - half) * q + (y - half) * c; })};
  }
  blend(stage.image, sampled(stage.image, at), mask);
  return mask;
}

/// One of several pieces is not there, or a piece is split or broken off.
Plane draw_missing(Sketch& s, Stage& stage) {
  Random& r = s.random;
  const auto& instances = stage.scene.instances;
  const Outline& piece =
      instances[static_cast<std::size_t>(r.integer(0, static_cast<int>(instances.size())))];
  Plane mask = filled(piece, s.size, s.px(0.6f));
  if (instances.size() <= 2 || r.chance(0.5f)) {
    const cv::Point2f at = point_on(s, stage);
    const float angle = r.angle();
    if (r.chance(0.5f)) {  // split
      cv::Mat1b gap(s.size, s.size, static_cast<uchar>(0));
      const float width = s.px(r.log_uniform(3, 30)), wiggle = r.uniform(0.1f, 0.5f);
      for (const float heading : {angle, angle + 3.1416f})
        stroke(s, gap, wander(s, at, heading, s.px(r.log_uniform(30, 220)), s.px(6), wiggle), width,
               width * r.uniform(0.3f, 1.5f));
      mask = soft(gap, s.px(1.f)).mul(stage.scene.coverage);
    } else {  // broken off along a line
      const Plane rough = s.px(r.uniform(1, 10)) * value_noise(s, 8, 3);
      const float c = std::cos(angle), q = std::sin(angle);
      Plane beyond =
          per_pixel(s.size, [=](float x, float y) { return (x - at.x) * c + (y - at.y) * q; });
      beyond += rough;
      const Plane lost = soft_step(beyond, 0.f, 2.f).mul(mask);
      mask = cv::sum(lost)[0] > 0.5 * cv::sum(mask)[0] ? Plane(mask - lost) : lost;
    }
  }
  blend(stage.image, stage.scene.background, mask);
  return mask;
}

}  // namespace anomalyclip::synth
