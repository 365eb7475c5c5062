#pragma once

#include <cmath>
#include <cstdint>

#include <opencv2/core.hpp>

namespace anomalyclip::synth {

/// Random numbers that are a function of (seed, stream) alone: the same on every machine, for any number of threads.
/// (splitmix64; the standard library's distributions are not the same everywhere.)
class Random {
 public:
  Random(std::uint64_t seed, std::uint64_t stream)
      : state_(mix(seed) ^ mix(~stream * 0x9e3779b97f4a7c15ULL)) {}

  std::uint64_t bits() { return mix(state_ += 0x9e3779b97f4a7c15ULL); }

  /// In [0, 1).
  float uniform() { return static_cast<float>(bits() >> 40) * 0x1p-24f; }
  float uniform(float low, float high) { return low + (high - low) * uniform(); }

  /// Every factor equally likely: for lengths, sizes, strengths.
  float log_uniform(float low, float high) { return low * std::pow(high / low, uniform()); }

  /// In [low, high).
  int integer(int low, int high) {
    return low + static_cast<int>(bits() % static_cast<std::uint64_t>(high - low));
  }

  bool chance(float probability) { return uniform() < probability; }
  float sign() { return chance(0.5f) ? 1.f : -1.f; }
  float angle() { return uniform(0.f, 6.2831853f); }
  float normal() { return normal_from(bits()); }

  void fill_normal(cv::Mat1f& plane) {
    for (int y = 0; y < plane.rows; ++y) {
      float* row = plane[y];
      for (int x = 0; x < plane.cols; ++x) row[x] = normal_from(bits());
    }
  }

 private:
  static std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

  /// The sum of four uniforms: close enough to a Gaussian for a drawing, and free of logarithms.
  static float normal_from(std::uint64_t b) {
    const auto sum = static_cast<std::int32_t>((b & 0xffff) + ((b >> 16) & 0xffff) +
                                               ((b >> 32) & 0xffff) + (b >> 48));
    return static_cast<float>(sum - 131070) * (1.7320508f / 65536.f);
  }

  std::uint64_t state_;
};

}  // namespace anomalyclip::synth
