#include "image/heatmap.h"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

namespace anomalyclip {
namespace {

std::array<Rgb, 256> read_table(int opencv_colormap) {
  cv::Mat1b ramp(1, 256);
  for (int i = 0; i < 256; ++i) ramp(i) = static_cast<std::uint8_t>(i);
  cv::Mat3b bgr;
  cv::applyColorMap(ramp, bgr, opencv_colormap);
  std::array<Rgb, 256> table;
  for (int i = 0; i < 256; ++i) table[i] = {bgr(0, i)[2], bgr(0, i)[1], bgr(0, i)[0]};
  return table;
}

/// The smallest float at or above a threshold: comparing with it is comparing with the double.
float at_least(double threshold) {
  const auto rounded = static_cast<float>(threshold);
  return rounded < threshold ? std::nextafter(rounded, HUGE_VALF) : rounded;
}

}  // namespace

const std::array<Rgb, 256>& colormap_table(Colormap colormap) {
  static const auto turbo = read_table(cv::COLORMAP_TURBO), jet = read_table(cv::COLORMAP_JET),
                    inferno = read_table(cv::COLORMAP_INFERNO),
                    viridis = read_table(cv::COLORMAP_VIRIDIS);
  switch (colormap) {
    case Colormap::kJet:
      return jet;
    case Colormap::kInferno:
      return inferno;
    case Colormap::kViridis:
      return viridis;
    case Colormap::kTurbo:
      break;
  }
  return turbo;
}

HeatmapScale::HeatmapScale(double pixel_threshold) {
  const double threshold = std::max(pixel_threshold, 1e-6), start = 0.9 * threshold;
  const double hot = std::max(std::min(2 * threshold, 1.0), threshold * 1.001);
  threshold_ = at_least(threshold);
  start_ = static_cast<float>(start);
  below_gain_ = static_cast<float>((kAtThreshold - 1.001) / (threshold - start));
  above_gain_ = static_cast<float>(kAbove / (hot - threshold));
}

double HeatmapScale::opacity(int level) {
  return std::min(level / static_cast<double>(kAtThreshold), 1.0);
}

int HeatmapScale::colour(int level) {
  const double above = std::max(level - kAtThreshold, 0) / static_cast<double>(kAbove);
  return static_cast<int>(std::lround(127.5 + 127.5 * above));
}

}  // namespace anomalyclip
