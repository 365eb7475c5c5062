#include <algorithm>

#include <opencv2/imgproc.hpp>

#include "defects.h"

namespace anomalyclip::synth {

cv::Point2f point_on(Sketch& s, const Stage& stage) {
  for (int i = 0; i < 40; ++i) {
    const float x = s.random.uniform(0.02f, 0.98f) * s.size,
                y = s.random.uniform(0.02f, 0.98f) * s.size;
    if (stage.scene.coverage(static_cast<int>(y), static_cast<int>(x)) > 0.5f) return {x, y};
  }
  return {s.size / 2.f, s.size / 2.f};
}

std::vector<cv::Point2f> wander(Sketch& s, cv::Point2f at, float angle, float length, float step,
                                float wiggle, float curl) {
  std::vector<cv::Point2f> path{at};
  float heading = angle;
  const float margin = s.px(10), end = s.size + margin;
  for (int i = 0; i < static_cast<int>(length / step); ++i) {
    heading += wiggle * s.random.normal() + curl;
    if (curl == 0) heading = heading * 0.9f + angle * 0.1f;
    at += step * cv::Point2f(std::cos(heading), std::sin(heading));
    path.push_back(at);
    if (at.x < -margin || at.y < -margin || at.x > end || at.y > end) break;
  }
  return path;
}

void stroke(Sketch& s, cv::Mat1b& mask, const std::vector<cv::Point2f>& path, float from_width,
            float to_width) {
  for (std::size_t i = 1; i < path.size(); ++i) {
    const float t = static_cast<float>(i) / static_cast<float>(path.size());
    const float width =
        (from_width + (to_width - from_width) * t) * (1.f + 0.25f * s.random.normal());
    cv::line(mask, path[i - 1] * 16, path[i] * 16, 255, std::max(1, cvRound(width)), cv::LINE_AA,
             4);
  }
}

Plane soft(const cv::Mat1b& mask, float sigma) {
  Plane out;
  mask.convertTo(out, CV_32F, 1 / 255.0);
  return blurred(out, sigma);
}

Plane crack_stamp(Sketch& s, const Stage& stage) {
  Random& r = s.random;
  cv::Mat1b mask(s.size, s.size, static_cast<uchar>(0));
  const cv::Point2f from = point_on(s, stage);
  const float angle = r.angle(), length = s.px(r.log_uniform(30, 300)),
              width = s.px(r.log_uniform(0.8f, 4.f));
  const float wiggle = r.uniform(0.15f, 0.6f), step = s.px(r.uniform(2.5f, 6.f));
  auto path = wander(s, from, angle, length, step, wiggle);
  stroke(s, mask, path, width, width * r.uniform(0.3f, 1.f));
  if (r.chance(0.6f)) {
    const auto back = wander(s, from, angle + 3.1416f + 0.3f * r.normal(),
                             length * r.uniform(0.3f, 1.f), step, wiggle);
    stroke(s, mask, back, width, width * r.uniform(0.3f, 1.f));
    path.insert(path.end(), back.begin(), back.end());
  }
  const int branches = r.chance(0.6f) ? r.integer(0, 4) : 0;
  for (int i = 0; i < branches; ++i) {
    const cv::Point2f fork =
        path[static_cast<std::size_t>(r.integer(0, static_cast<int>(path.size())))];
    stroke(s, mask,
           wander(s, fork, angle + r.uniform(-1.5f, 1.5f), length * r.uniform(0.2f, 0.6f), step,
                  wiggle),
           width * 0.8f, 0.6f);
  }
  return soft(mask, s.px(r.uniform(0.3f, 0.9f)));
}

Plane scratch_stamp(Sketch& s, const Stage& stage) {
  Random& r = s.random;
  cv::Mat1b mask(s.size, s.size, static_cast<uchar>(0));
  const cv::Point2f from = point_on(s, stage);
  const float angle = r.chance(0.5f) ? r.angle() : r.integer(0, 4) * 1.5708f + 0.05f * r.normal();
  const float width = s.px(r.log_uniform(0.8f, 6.f)), length = s.px(r.log_uniform(25, 260));
  const float curl = r.chance(0.5f) ? 0.012f * r.normal() : 0.f;
  const int lines = r.chance(0.5f) ? r.integer(1, 6) : 1;
  for (int i = 0; i < lines; ++i) {
    const float off = i == 0 ? 0.f : s.px(9);
    const cv::Point2f start = from + cv::Point2f(off * r.normal(), off * r.normal());
    stroke(s, mask,
           wander(s, start, angle + 0.03f * r.normal(), length * r.uniform(0.5f, 1.2f), s.px(5),
                  0.015f, curl),
           width * r.uniform(0.5f, 1.2f), std::max(0.6f, width * r.uniform(0.2f, 1.f)));
  }
  return soft(mask, s.px(r.uniform(0.3f, 1.4f)));
}

Plane blob_stamp(Sketch& s, const Stage& stage, float least, float most, float irregularity) {
  Random& r = s.random;
  const cv::Point2f at = point_on(s, stage);
  const float radius = s.px(r.log_uniform(least, most)), elongation = r.log_uniform(0.6f, 1.6f);
  return filled(blob(r, at, radius, irregularity, elongation, r.angle()), s.size,
                s.px(r.log_uniform(0.5f, 1.5f)));
}

Plane cluster_stamp(Sketch& s, const Stage& stage) {
  Random& r = s.random;
  const cv::Point2f center = point_on(s, stage);
  const int count = r.integer(2, 14);
  const float spread = s.px(r.log_uniform(8, 60)), radius = s.px(r.log_uniform(1.5f, 9.f));
  const float elongation = r.log_uniform(0.6f, 1.6f), angle = r.angle();
  const bool in_line = r.chance(0.5f);
  std::vector<Outline> blobs;
  for (int i = 0; i < count; ++i) {
    const float k = spread * r.normal();
    const cv::Point2f shift = in_line ? cv::Point2f(k * std::cos(angle) + s.px(3) * r.normal(),
                                                    k * std::sin(angle) + s.px(3) * r.normal())
                                      : cv::Point2f(k, spread * r.normal());
    blobs.push_back(blob(r, center + shift, radius * r.uniform(0.5f, 1.5f), r.uniform(0, 0.5f),
                         elongation, angle));
  }
  return filled(blobs, s.size, s.px(0.6f));
}

Plane patchy_stamp(Sketch& s, const Stage& stage) {
  Random& r = s.random;
  const Plane noise = value_noise(s, r.integer(2, 9), r.integer(1, 5), 0.6f);
  const cv::Point2f at = point_on(s, stage);
  const float width = s.px(r.log_uniform(14, 90)), k = -0.5f / (width * width);
  Plane bump = per_pixel(s.size, [=](float x, float y) {
    return 3.f * std::exp(k * ((x - at.x) * (x - at.x) + (y - at.y) * (y - at.y)));
  });
  bump += noise;
  return soft_step(bump, r.uniform(2.2f, 3.2f), r.log_uniform(3, 60));
}

Plane puddle_stamp(Sketch& s, const Stage& stage) {
  Random& r = s.random;
  const cv::Point2f at = point_on(s, stage);
  const float radius = s.px(r.log_uniform(6, 60)), elongation = r.log_uniform(1, 2.5f),
              angle = r.angle();
  const float c = std::cos(angle), q = std::sin(angle), rough = radius * r.uniform(0, 0.4f);
  const Plane noise = value_noise(s, r.integer(3, 20), 3);
  Plane distance = per_pixel(s.size, [=](float x, float y) {
    const float u = (x - at.x) * c + (y - at.y) * q, v = (y - at.y) * c - (x - at.x) * q;
    return std::hypot(u / elongation, v * elongation);
  });
  distance += rough * noise;
  return 1.f - soft_step(distance, radius, 1.f / (radius * r.uniform(0.04f, 0.35f)));
}

Plane bite_stamp(Sketch& s, const Stage& stage) {
  Random& r = s.random;
  if (!stage.scene.is_object()) {
    const float end = static_cast<float>(s.size - 1), depth = s.px(r.log_uniform(6, 60));
    const float center = r.uniform() * s.size, half = s.px(r.log_uniform(15, 140));
    const int side = r.integer(0, 4);
    const Plane rough = depth * 0.25f * value_noise(s, r.integer(4, 20), 3);
    Plane inside = per_pixel(s.size, [=](float x, float y) {
      const float d = side == 0   ? x
                      : side == 1 ? end - x
                      : side == 2 ? y
                                  : end - y,
                  t = (side < 2 ? y : x) - center;
      const float u = t / half;
      return std::abs(u) < 1.6f ? depth * std::exp(-u * u * u * u) - d : -100.f;
    });
    inside += rough;
    return soft_step(inside, 0.f, 1.f);
  }
  const auto& instance = stage.scene.instances[static_cast<std::size_t>(
      r.integer(0, static_cast<int>(stage.scene.instances.size())))];
  const auto& rim = instance.front();
  const auto i = static_cast<std::size_t>(r.integer(0, static_cast<int>(rim.size())));
  const cv::Point2f at = rim[i] + (rim[(i + 1) % rim.size()] - rim[i]) * r.uniform();
  const Plane bite = filled(blob(r, at, s.px(r.log_uniform(6, 45)), r.uniform(0.2f, 0.7f),
                                 r.log_uniform(0.6f, 1.6f), r.angle()),
                            s.size, s.px(0.7f));
  return bite.mul(stage.scene.coverage);
}

Plane any_patch_stamp(Sketch& s, const Stage& stage) {
  switch (s.random.integer(0, 3)) {
    case 0:
      return patchy_stamp(s, stage);
    case 1:
      return blob_stamp(s, stage, 3, 45, s.random.uniform(0.05f, 0.7f));
    default:
      return puddle_stamp(s, stage);
  }
}

}  // namespace anomalyclip::synth
