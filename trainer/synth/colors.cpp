#include "colors.h"

#include <algorithm>
#include <vector>

namespace anomalyclip::synth {

namespace {

Color from_hsv(float hue, float saturation, float value) {
  const auto channel = [&](float n) {
    const float k = std::fmod(n + hue * 6.f, 6.f);
    return value * (1.f - saturation * std::clamp(std::min(k, 4.f - k), 0.f, 1.f));
  };
  return {channel(5), channel(3), channel(1)};
}

template <typename F>
void for_each_pixel(Image& image, const Plane& plane, F change) {
  for (int y = 0; y < image.rows; ++y) {
    auto* row = image[y];
    const float* p = plane[y];
    for (int x = 0; x < image.cols; ++x) change(row[x], p[x]);
  }
}

}  // namespace

Color random_color(Random& random) {
  switch (random.integer(0, 4)) {
    case 0: {
      const float v = random.uniform(0.03f, 0.97f);
      return {v + 0.02f * random.normal(), v + 0.02f * random.normal(),
              v + 0.02f * random.normal()};
    }
    case 1:
      return from_hsv(random.uniform(0.03f, 0.14f), random.uniform(0.15f, 0.8f),
                      random.uniform(0.15f, 0.95f));
    case 2:
      return from_hsv(random.uniform(), random.uniform(0.08f, 1.f), random.uniform(0.12f, 1.f));
    default:
      return {random.uniform(), random.uniform(), random.uniform()};
  }
}

Image painted(Sketch& sketch, const Plane& values) {
  Random& r = sketch.random;
  const Color base = random_color(r);
  const float spread = r.log_uniform(0.06f, 0.9f);
  std::vector<Color> stops(static_cast<std::size_t>(r.integer(2, 5)));
  for (Color& stop : stops) {
    stop = r.chance(0.4f) ? Color(base * (1.f - spread) + random_color(r) * spread)
                          : Color(base * (1.f + spread * r.uniform(-1.f, 1.f)));
    for (float& c : stop.val) c = std::clamp(c, 0.f, 1.f);
  }
  constexpr int kSteps = 1024;
  std::vector<Color> gradient(kSteps + 1);
  for (int i = 0; i <= kSteps; ++i) {
    const float at = static_cast<float>(i) / kSteps * static_cast<float>(stops.size() - 1);
    const auto k = std::min(static_cast<std::size_t>(at), stops.size() - 2);
    const float t = at - static_cast<float>(k);
    gradient[static_cast<std::size_t>(i)] = stops[k] * (1.f - t) + stops[k + 1] * t;
  }
  Image out(values.size());
  for (int y = 0; y < out.rows; ++y) {
    for (int x = 0; x < out.cols; ++x) {
      const int i = std::clamp(static_cast<int>(values(y, x) * kSteps + 0.5f), 0, kSteps);
      out(y, x) = gradient[static_cast<std::size_t>(i)];
    }
  }
  return out;
}

Image plain(int size, const Color& color) {
  return Image(size, size, color);
}

void blend(Image& image, const Image& other, const Plane& alpha) {
  for (int y = 0; y < image.rows; ++y) {
    auto* row = image[y];
    const auto* over = other[y];
    const float* a = alpha[y];
    for (int x = 0; x < image.cols; ++x) row[x] += (over[x] - row[x]) * a[x];
  }
}

void blend(Image& image, const Color& color, const Plane& alpha) {
  for_each_pixel(image, alpha, [&](Color& pixel, float a) { pixel += (color - pixel) * a; });
}

void add(Image& image, const Plane& plane) {
  for_each_pixel(image, plane, [](Color& pixel, float p) { pixel += Color(p, p, p); });
}

void multiply(Image& image, const Plane& plane) {
  for_each_pixel(image, plane, [](Color& pixel, float p) { pixel *= p; });
}

Plane luma(const Image& image) {
  Plane out(image.size());
  for (int y = 0; y < out.rows; ++y) {
    for (int x = 0; x < out.cols; ++x) {
      const Color& c = image(y, x);
      out(y, x) = (c[0] + c[1] + c[2]) / 3.f;
    }
  }
  return out;
}

}  // namespace anomalyclip::synth
