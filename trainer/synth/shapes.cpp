#include "shapes.h"

#include <algorithm>
#include <array>
#include <numbers>

#include <opencv2/imgproc.hpp>

namespace anomalyclip::synth {

namespace {

constexpr float kTurn = 2.f * std::numbers::pi_v<float>;

template <typename Radius>
std::vector<cv::Point2f> polar(int points, Radius radius) {
  std::vector<cv::Point2f> out;
  for (int i = 0; i < points; ++i) {
    const float t = kTurn * static_cast<float>(i) / static_cast<float>(points), r = radius(t);
    out.emplace_back(r * std::cos(t), r * std::sin(t));
  }
  return out;
}

std::vector<cv::Point2f> circle(float radius) {
  return polar(72, [=](float) { return radius; });
}

std::vector<cv::Point2f> superellipse(float a, float b, float power) {
  std::vector<cv::Point2f> out;
  for (int i = 0; i < 96; ++i) {
    const float t = kTurn * i / 96.f, c = std::cos(t), s = std::sin(t);
    out.emplace_back(a * std::copysign(std::pow(std::abs(c), power), c),
                     b * std::copysign(std::pow(std::abs(s), power), s));
  }
  return out;
}

float polygon_radius(float t, int corners) {
  const float sector = kTurn / static_cast<float>(corners);
  return std::cos(sector / 2.f) / std::cos(std::fmod(t, sector) - sector / 2.f);
}

/// Mirrors a right-hand profile (from top to bottom).
std::vector<cv::Point2f> mirrored(std::vector<cv::Point2f> profile) {
  for (std::size_t i = profile.size(); i-- > 0;) profile.emplace_back(-profile[i].x, profile[i].y);
  return profile;
}

Outline disc(Random& r) {
  Outline out{circle(1)};
  if (r.chance(0.3f)) out.push_back(circle(r.uniform(0.15f, 0.4f)));
  return out;
}

Outline ring(Random& r) {
  return {circle(1), circle(r.uniform(0.4f, 0.75f))};
}

Outline gear(Random& r) {
  const int teeth = r.integer(8, 28);
  const float depth = r.uniform(0.08f, 0.2f), flank = r.log_uniform(2, 20);
  Outline out{polar(teeth * 12, [=](float t) {
    return 1.f - depth * 0.5f * (1.f + std::tanh(flank * std::sin(static_cast<float>(teeth) * t)));
  })};
  if (r.chance(0.7f)) out.push_back(circle(r.uniform(0.15f, 0.5f)));
  return out;
}

Outline bar(Random& r) {
  return {superellipse(1, r.uniform(0.18f, 0.45f), 0.22f)};
}

Outline capsule(Random& r) {
  return {superellipse(1, r.uniform(0.3f, 0.6f), 0.62f)};
}

Outline plate(Random& r) {
  Outline out{superellipse(0.85f, r.uniform(0.5f, 0.85f), 0.2f)};
  if (r.chance(0.6f)) {
    const float radius = r.uniform(0.06f, 0.13f), x = 0.62f, y = 0.62f * out[0][24].y;
    for (const cv::Point2f corner :
         {cv::Point2f(x, y), cv::Point2f(-x, y), cv::Point2f(x, -y), cv::Point2f(-x, -y)})
      out.push_back(placed({circle(radius)}, corner, 1, 0)[0]);
  }
  return out;
}

Outline polygon(Random& r) {
  const int corners = r.integer(3, 9);
  Outline out{polar(corners * 24, [=](float t) { return polygon_radius(t, corners); })};
  if (r.chance(0.3f)) out.push_back(circle(r.uniform(0.15f, 0.4f)));
  return out;
}

Outline ellipse(Random& r) {
  return {superellipse(1, r.uniform(0.4f, 0.9f), 1.f)};
}

Outline turned(Random& r) {
  const int steps = r.integer(3, 8);
  std::vector<cv::Point2f> profile;
  for (int i = 0; i < steps; ++i) {
    const float width = r.uniform(0.15f, 0.6f);
    profile.emplace_back(width, -1.f + 2.f * i / static_cast<float>(steps));
    profile.emplace_back(width, -1.f + 2.f * (i + 1) / static_cast<float>(steps));
  }
  return {mirrored(profile)};
}

Outline biscuit(Random& r) {
  return blob(r, {0, 0}, 0.85f, 0.12f, r.uniform(0.85f, 1.2f), 0);
}

Outline star(Random& r) {
  const int points = r.integer(4, 10);
  const float depth = r.uniform(0.15f, 0.45f);
  return {polar(points * 24,
                [=](float t) { return 1.f - depth * (0.5f - 0.5f * std::cos(points * t)); })};
}

Outline bracket(Random& r) {
  const float arm = r.uniform(0.3f, 0.6f), leg = r.uniform(0.3f, 0.6f), w = r.uniform(0.7f, 0.95f),
              h = r.uniform(0.6f, 0.95f);
  std::vector<cv::Point2f> outer;
  if (r.chance(0.5f)) {  // an L
    outer = {{-w, -h}, {-w + leg, -h}, {-w + leg, h - arm}, {w, h - arm}, {w, h}, {-w, h}};
  } else {  // a U
    const float side = leg * 0.8f;
    outer = {{-w, -h},
             {-w + side, -h},
             {-w + side, h - arm},
             {w - side, h - arm},
             {w - side, -h},
             {w, -h},
             {w, h},
             {-w, h}};
  }
  Outline out{outer};
  if (r.chance(0.6f))
    out.push_back(placed({circle(arm * 0.25f)}, {-w + leg * 0.45f, h - arm * 0.5f}, 1, 0)[0]);
  return out;
}

Outline cross(Random& r) {
  const float a = r.uniform(0.18f, 0.42f), b = r.chance(0.5f) ? a : r.uniform(0.18f, 0.42f);
  return {{{-a, -1},
           {a, -1},
           {a, -b},
           {1, -b},
           {1, b},
           {a, b},
           {a, 1},
           {-a, 1},
           {-a, b},
           {-1, b},
           {-1, -b},
           {-a, -b}}};
}

Outline nut(Random& r) {
  return {polar(144, [](float t) { return std::min(polygon_radius(t, 6), 0.97f); }),
          circle(r.uniform(0.4f, 0.65f))};
}

Outline bottle(Random& r) {
  const float body = r.uniform(0.3f, 0.5f), neck = body * r.uniform(0.3f, 0.55f),
              shoulder = r.uniform(-0.5f, -0.1f);
  const float lip = neck * r.uniform(1.f, 1.35f);
  std::vector<cv::Point2f> profile{
      {lip, -1.f}, {lip, -0.88f}, {neck, -0.86f}, {neck, shoulder - 0.15f}};
  for (int i = 0; i <= 8; ++i) {
    const float t = i / 8.f;
    profile.emplace_back(neck + (body - neck) * wave(t * 0.5f - 0.25f),
                         shoulder - 0.15f + 0.3f * t);
  }
  profile.emplace_back(body, 0.95f);
  profile.emplace_back(body * 0.9f, 1.f);
  return {mirrored(profile)};
}

Outline screw(Random& r) {
  const float head = r.uniform(0.35f, 0.6f), shank = head * r.uniform(0.35f, 0.6f),
              depth = shank * r.uniform(0.1f, 0.25f);
  const float top = -1.f + r.uniform(0.2f, 0.4f), pitch = r.uniform(0.06f, 0.14f);
  std::vector<cv::Point2f> profile{
      {head * 0.8f, -1.f}, {head, -1.f + 0.1f}, {head, top}, {shank, top}};
  for (float y = top + 0.15f; y < 0.8f; y += pitch) {
    profile.emplace_back(shank, y);
    profile.emplace_back(shank - depth, y + pitch / 2);
  }
  profile.emplace_back(shank * 0.9f, 0.82f);
  profile.emplace_back(shank * 0.1f, 1.f);
  return {mirrored(profile)};
}

constexpr std::array kKinds{
    ShapeKind{"disc", disc, false},       ShapeKind{"ring", ring, false},
    ShapeKind{"gear", gear, false},       ShapeKind{"bar", bar, false},
    ShapeKind{"capsule", capsule, false}, ShapeKind{"plate", plate, false},
    ShapeKind{"polygon", polygon, false}, ShapeKind{"ellipse", ellipse, false},
    ShapeKind{"turned", turned, false},   ShapeKind{"biscuit", biscuit, true},
    ShapeKind{"star", star, false},       ShapeKind{"bracket", bracket, false},
    ShapeKind{"cross", cross, false},     ShapeKind{"nut", nut, false},
    ShapeKind{"bottle", bottle, false},   ShapeKind{"screw", screw, false},
};

}  // namespace

std::span<const ShapeKind> shape_kinds() {
  return kKinds;
}

Outline placed(const Outline& outline, cv::Point2f center, float radius, float angle) {
  const float c = std::cos(angle) * radius, s = std::sin(angle) * radius;
  Outline out = outline;
  for (auto& polygon : out)
    for (cv::Point2f& p : polygon) p = center + cv::Point2f(p.x * c - p.y * s, p.x * s + p.y * c);
  return out;
}

Outline blob(Random& random, cv::Point2f center, float radius, float irregularity, float elongation,
             float angle) {
  std::array<float, 6> amplitude, phase;
  for (std::size_t k = 0; k < 6; ++k) {
    amplitude[k] =
        0.5f * irregularity / std::pow(static_cast<float>(k + 1), 0.7f) * random.normal();
    phase[k] = random.angle();
  }
  auto points = polar(48, [&](float t) {
    float r = 1;
    for (std::size_t k = 0; k < 6; ++k)
      r += amplitude[k] * std::cos(static_cast<float>(k + 1) * t + phase[k]);
    return std::clamp(r, 0.25f, 2.2f);
  });
  for (cv::Point2f& p : points) p = {p.x * elongation, p.y / elongation};
  return placed({points}, center, radius, angle);
}

Plane filled(const Outline& outline, int size, float softness) {
  return filled(std::span(&outline, 1), size, softness);
}

Plane filled(std::span<const Outline> outlines, int size, float softness) {
  cv::Mat1b coarse(size, size, static_cast<uchar>(0));
  for (const Outline& outline : outlines) {
    std::vector<std::vector<cv::Point>> fixed;
    for (const auto& polygon : outline) {
      auto& points = fixed.emplace_back();
      for (const cv::Point2f& p : polygon)
        points.emplace_back(cvRound(p.x * 16), cvRound(p.y * 16));
    }
    cv::fillPoly(coarse, fixed, 255, cv::LINE_AA, 4);
  }
  Plane out;
  coarse.convertTo(out, CV_32F, 1 / 255.0);
  return softness > 0 ? blurred(out, softness) : out;
}

}  // namespace anomalyclip::synth
