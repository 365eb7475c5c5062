#include "noise.h"

#include <algorithm>

#include <opencv2/imgproc.hpp>

namespace anomalyclip::synth {

Plane blurred(const Plane& plane, float sigma) {
  Plane out;
  cv::GaussianBlur(plane, out, {}, std::max(0.2f, sigma), 0, cv::BORDER_REFLECT);
  return out;
}

Plane standardized(const Plane& plane) {
  cv::Scalar mean, deviation;
  cv::meanStdDev(plane, mean, deviation);
  const double scale = 1.0 / (deviation[0] + 1e-6);
  Plane out;
  plane.convertTo(out, CV_32F, scale, -mean[0] * scale);
  return out;
}

Plane unit_range(const Plane& plane) {
  std::vector<float> sample;
  sample.reserve(static_cast<std::size_t>(plane.rows) * plane.cols / 16 + 1);
  for (int y = 0; y < plane.rows; y += 4)
    for (int x = 0; x < plane.cols; x += 4) sample.push_back(plane(y, x));
  const auto percentile = [&](double p) {
    const auto at =
        sample.begin() + static_cast<std::ptrdiff_t>(p * static_cast<double>(sample.size() - 1));
    std::nth_element(sample.begin(), at, sample.end());
    return *at;
  };
  const float low = percentile(0.01), high = percentile(0.99);
  const float scale = 1.f / (high - low + 1e-6f);
  Plane out = (plane - low) * scale;
  cv::min(out, 1.f, out);
  cv::max(out, 0.f, out);
  return out;
}

Plane soft_step(const Plane& plane, float edge, float steepness) {
  Plane out;
  cv::exp((edge - plane) * steepness, out);
  out += 1.f;
  cv::divide(1.f, out, out);
  return out;
}

namespace {

/// Frequencies of the entries of OpenCV's packed spectrum of a real picture: with them, noise is drawn in the
/// spectrum and needs one inverse transform only.
struct PackedFrequencies {
  Plane x, y;

  explicit PackedFrequencies(int size) : x(size, size), y(size, size) {
    const auto packed = [size](int i) {
      return i == 0 ? 0 : i == size - 1 ? size / 2 : (i + 1) / 2;
    };
    for (int i = 0; i < size; ++i) {
      for (int j = 0; j < size; ++j) {
        const bool edge = j == 0 || j == size - 1;
        x(i, j) = static_cast<float>(packed(j)) / static_cast<float>(size);
        y(i, j) = static_cast<float>(edge            ? packed(i)
                                     : i <= size / 2 ? i
                                                     : i - size) /
                  static_cast<float>(size);
      }
    }
  }
};

const PackedFrequencies& frequencies(int size) {
  thread_local PackedFrequencies cached(2);
  if (cached.x.rows != size) cached = PackedFrequencies(size);
  return cached;
}

}  // namespace

Plane power_law(Sketch& sketch, float exponent, float stretch, float angle) {
  const PackedFrequencies& f = frequencies(sketch.size);
  const float c = std::cos(angle), s = std::sin(angle);
  const float floor = 1.f / static_cast<float>(sketch.size * sketch.size);
  Plane amplitude = map_planes(f.x, f.y, [=](float fx, float fy) {
    const float u = (fx * c + fy * s) * stretch, v = fy * c - fx * s;
    return u * u + v * v + floor;
  });
  cv::pow(amplitude, -0.5 * exponent, amplitude);
  Plane spectrum(sketch.size, sketch.size);
  sketch.random.fill_normal(spectrum);
  spectrum = spectrum.mul(amplitude);
  spectrum(0, 0) = 0.f;
  Plane out;
  cv::dft(spectrum, out, cv::DFT_INVERSE | cv::DFT_REAL_OUTPUT);
  return standardized(out);
}

Plane value_noise(Sketch& sketch, int cells, int octaves, float fade) {
  const int size = sketch.size;
  Plane sum(size, size, 0.f);
  float amplitude = 1.f;
  for (int octave = 0, n = std::max(2, cells); octave < octaves && n < size; ++octave, n *= 2) {
    Plane knots(n + 3, n + 3), fine;
    sketch.random.fill_normal(knots);
    const float step = static_cast<float>(size) / static_cast<float>(n);
    cv::Matx23f place(1.f / step, 0.f, 1.f, 0.f, 1.f / step, 1.f);
    cv::warpAffine(knots, fine, place, {size, size}, cv::INTER_CUBIC | cv::WARP_INVERSE_MAP,
                   cv::BORDER_REFLECT);
    sum += amplitude * fine;
    amplitude *= fade;
  }
  return standardized(sum);
}

Cells worley(Sketch& sketch, int count, bool scattered) {
  const int size = sketch.size;
  cv::Mat1b seeds(size, size, static_cast<uchar>(255));
  const auto plant = [&](float x, float y) {
    seeds(std::clamp(static_cast<int>(y), 0, size - 1),
          std::clamp(static_cast<int>(x), 0, size - 1)) = 0;
  };
  if (scattered) {
    for (int i = 0; i < count; ++i)
      plant(sketch.random.uniform() * size, sketch.random.uniform() * size);
  } else {
    const int side = std::max(2, static_cast<int>(std::sqrt(static_cast<float>(count))));
    const float step = static_cast<float>(size) / side, jitter = sketch.random.uniform(0.2f, 1.f);
    for (int i = 0; i < side * side; ++i)
      plant((i % side + jitter * sketch.random.uniform()) * step,
            (i / side + jitter * sketch.random.uniform()) * step);
  }
  Cells cells;
  cv::Mat labels;
  cv::distanceTransform(seeds, cells.distance, labels, cv::DIST_L2, 5, cv::DIST_LABEL_PIXEL);
  cells.label = labels;
  return cells;
}

Plane cell_values(Sketch& sketch, const Cells& cells) {
  double most = 0;
  cv::minMaxLoc(cells.label, nullptr, &most);
  std::vector<float> value(static_cast<std::size_t>(most) + 1);
  for (float& v : value) v = sketch.random.uniform();
  Plane out(cells.label.size());
  for (int y = 0; y < out.rows; ++y)
    for (int x = 0; x < out.cols; ++x)
      out(y, x) = value[static_cast<std::size_t>(cells.label(y, x))];
  return out;
}

Plane cell_borders(const Cells& cells) {
  Plane out(cells.label.size(), 0.f);
  for (int y = 1; y < out.rows; ++y) {
    for (int x = 1; x < out.cols; ++x) {
      const int here = cells.label(y, x);
      out(y, x) = here != cells.label(y - 1, x) || here != cells.label(y, x - 1) ? 1.f : 0.f;
    }
  }
  return out;
}

Plane relief(const Plane& height, float angle, float strength) {
  Plane dx, dy;
  cv::Sobel(height, dx, CV_32F, 1, 0, 3, strength * std::cos(angle));
  cv::Sobel(height, dy, CV_32F, 0, 1, 3, strength * std::sin(angle));
  return dx + dy;
}

Lattice lattice(Sketch& sketch, bool may_bend) {
  Random& r = sketch.random;
  const float angle =
      r.chance(0.5f) ? r.angle() : r.integer(0, 4) * 1.5707963f + 0.03f * r.normal();
  const float c = std::cos(angle), s = std::sin(angle), x0 = r.uniform(0, 50),
              y0 = r.uniform(0, 50);
  Lattice out{per_pixel(sketch.size, [=](float x, float y) { return x * c + y * s + x0; }),
              per_pixel(sketch.size, [=](float x, float y) { return y * c - x * s + y0; })};
  if (may_bend && r.chance(0.6f)) {
    const float bend = sketch.px(r.log_uniform(0.3f, 8.f));
    out.x += bend * value_noise(sketch, r.integer(2, 6));
    out.y += bend * value_noise(sketch, r.integer(2, 6));
  }
  return out;
}

}  // namespace anomalyclip::synth
