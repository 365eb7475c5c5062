#include <algorithm>

#include <opencv2/imgproc.hpp>

#include "defects.h"
#include "textures.h"

namespace anomalyclip::synth {

void tint(Sketch& s, Image& image, const Plane& mask, Tone tone) {
  Random& r = s.random;
  const Plane alpha = mask * r.uniform(0.35f, 1.f);
  const int way = r.integer(0, 5);
  if (tone == Tone::kDark || (tone == Tone::kAny && way == 0)) {
    multiply(image, 1.f - alpha * r.uniform(0.4f, 1.f));
  } else if (tone == Tone::kBright || (tone == Tone::kAny && way == 1)) {
    blend(image, Color(1, 1, 1), alpha * r.uniform(0.25f, 0.9f));
  } else if (way == 2) {
    blend(image, random_color(r), alpha);
  } else if (way == 3) {
    blend(image, random_color(r), alpha * 0.48f);
  } else {
    add(image, alpha * (r.uniform(0.1f, 0.5f) * r.sign()));
  }
}

Plane draw_scratch(Sketch& s, Stage& stage) {
  const Plane mask = scratch_stamp(s, stage);
  constexpr Tone kTones[] = {Tone::kBright, Tone::kDark, Tone::kAny};
  tint(s, stage.image, mask, kTones[s.random.integer(0, 3)]);
  return mask;
}

Plane draw_stain(Sketch& s, Stage& stage) {
  const Plane mask = puddle_stamp(s, stage);
  constexpr Tone kTones[] = {Tone::kDark, Tone::kBright, Tone::kAny};
  tint(s, stage.image, mask, kTones[s.random.integer(0, 3)]);
  if (s.random.chance(0.3f)) {  // what dried last leaves a rim
    const float rim = s.random.uniform(0, 0.3f);
    add(stage.image,
        map_planes(mask, mask, [=](float m, float) { return -rim * 4.f * m * (1.f - m); }));
  }
  return mask;
}

Plane draw_foreign_body(Sketch& s, Stage& stage) {
  const Plane mask = any_patch_stamp(s, stage);
  const Image matter = draw_texture(s, stage.materials);
  blend(stage.image, matter, mask * s.random.uniform(0.4f, 1.f));
  if (s.random.chance(0.4f))
    add(stage.image,
        relief(blurred(mask, s.px(1.5f)), s.random.angle(), s.random.uniform(0, 0.4f)));
  return mask;
}

Plane draw_discoloration(Sketch& s, Stage& stage) {
  Random& r = s.random;
  const Plane mask = r.chance(0.2f)   ? bite_stamp(s, stage)
                     : r.chance(0.5f) ? patchy_stamp(s, stage)
                                      : puddle_stamp(s, stage);
  const float depth = r.uniform(0.12f, 0.5f) * r.sign();
  const bool hue = r.chance(0.4f);
  const Color gain =
      hue ? Color(r.uniform(-0.5f, 0.5f), r.uniform(-0.5f, 0.5f), r.uniform(-0.5f, 0.5f))
          : Color(depth, depth, depth);
  const Image changed = stage.image.mul(Image(stage.image.size(), Color(1, 1, 1) + gain));
  blend(stage.image, changed, mask);
  if (r.chance(0.3f)) {
    const cv::Scalar mean = cv::mean(stage.image);
    const float contrast = r.uniform(0.2f, 2.f);
    const Color center(mean[0], mean[1], mean[2]);
    Image flat = stage.image * contrast;
    flat += cv::Scalar(center[0], center[1], center[2]) * (1.0 - contrast);
    blend(stage.image, flat, mask * 0.6f);
  }
  return mask;
}

Plane draw_thread(Sketch& s, Stage& stage) {
  Random& r = s.random;
  cv::Mat1b line(s.size, s.size, static_cast<uchar>(0));
  const float width = s.px(r.log_uniform(0.8f, 3.f));
  stroke(s, line,
         wander(s, point_on(s, stage), r.angle(), s.px(r.log_uniform(40, 250)), s.px(4),
                r.uniform(0.03f, 0.2f), 0.06f * r.normal()),
         width, width);
  const Plane mask = soft(line, s.px(0.6f));
  if (r.chance(0.3f)) {
    Plane shadow;
    cv::warpAffine(mask, shadow, cv::Matx23f(1, 0, 2, 0, 1, 2), mask.size());
    multiply(stage.image, 1.f - r.uniform(0, 0.3f) * shadow);
  }
  blend(stage.image, random_color(r), mask);
  return mask;
}

Plane draw_smear(Sketch& s, Stage& stage) {
  Random& r = s.random;
  const Plane mask = r.chance(0.5f) ? blob_stamp(s, stage, 10, 50, r.uniform(0.05f, 0.7f))
                                    : patchy_stamp(s, stage);
  const float reach = s.px(r.log_uniform(2, 8));
  Image wiped;
  if (r.chance(0.5f)) {
    cv::GaussianBlur(stage.image, wiped, {}, reach);
  } else {
    const int length = static_cast<int>(reach * 6) | 1;
    cv::blur(stage.image, wiped, r.chance(0.5f) ? cv::Size(length, 1) : cv::Size(1, length));
  }
  wiped += cv::Scalar::all(r.uniform(-0.12f, 0.12f));
  blend(stage.image, wiped, mask);
  return mask;
}

Plane draw_pits(Sketch& s, Stage& stage) {
  const Plane mask = cluster_stamp(s, stage);
  tint(s, stage.image, mask, s.random.chance(0.65f) ? Tone::kDark : Tone::kAny);
  if (s.random.chance(0.3f))
    add(stage.image, relief(mask, s.random.angle(), s.random.uniform(0, 0.3f)));
  return mask;
}

Plane draw_droplets(Sketch& s, Stage& stage) {
  Random& r = s.random;
  const Plane mask = cluster_stamp(s, stage);
  multiply(stage.image, 1.f - r.uniform(0.05f, 0.35f) * mask);
  add(stage.image, relief(blurred(mask, s.px(1.2f)), r.angle(), r.uniform(0.15f, 0.6f)));
  return mask;
}

}  // namespace anomalyclip::synth
