#include "sweep.h"

#include <algorithm>
#include <random>

#include <opencv2/imgproc.hpp>

#include "metrics/pro_curve.h"

namespace anomalyclip::testing {
namespace {

struct Labels {
  std::vector<cv::Mat1i> of_image;
  std::vector<double> region_pixels = {0};  // index 0: normal pixels
};

Labels label_regions(const Maps& maps) {
  Labels labels;
  for (const auto& mask : maps.masks) {
    const cv::Mat1b damage(maps.height, maps.width, const_cast<std::uint8_t*>(mask.data()));
    cv::Mat1i image;
    const int count = cv::connectedComponents(damage, image, 8, CV_32S);
    const int first = static_cast<int>(labels.region_pixels.size()) - 1;
    labels.region_pixels.resize(labels.region_pixels.size() + static_cast<std::size_t>(count) - 1);
    for (int& label : image) {
      if (label != 0) label += first;
      ++labels.region_pixels[static_cast<std::size_t>(label)];
    }
    labels.of_image.push_back(image);
  }
  return labels;
}

metrics::ProPoint sweep(const Maps& maps, const Labels& labels, float threshold) {
  std::vector<double> found(labels.region_pixels.size());
  for (std::size_t i = 0; i < maps.maps.size(); ++i) {
    const int* label = labels.of_image[i].ptr<int>();
    const std::vector<float>& map = maps.maps[i];
    for (std::size_t k = 0; k < map.size(); ++k)
      if (map[k] > threshold) ++found[static_cast<std::size_t>(label[k])];
  }
  double overlap = 0;
  for (std::size_t r = 1; r < found.size(); ++r) overlap += found[r] / labels.region_pixels[r];
  return {found[0] / labels.region_pixels[0], overlap / static_cast<double>(found.size() - 1)};
}

}  // namespace

double aupro_by_sweeps(const Maps& maps) {
  const Labels labels = label_regions(maps);
  float least = maps.maps[0][0], greatest = least;
  for (const auto& map : maps.maps) {
    const auto [low, high] = std::minmax_element(map.begin(), map.end());
    least = std::min(least, *low);
    greatest = std::max(greatest, *high);
  }
  std::vector<metrics::ProPoint> points;
  for (const float threshold : metrics::reference_thresholds(least, greatest))
    points.push_back(sweep(maps, labels, threshold));
  return metrics::area_of_reference_curve(points);
}

Maps made_up_maps(int images, int size, std::uint32_t seed) {
  std::mt19937 random(seed);
  Maps out{size, size, {}, {}};
  cv::RNG noise(seed);
  for (int i = 0; i < images; ++i) {
    cv::Mat1f map(size, size);
    noise.fill(map, cv::RNG::UNIFORM, 0.0, 1.0);
    cv::GaussianBlur(map, map, {}, size / 40.0);
    cv::normalize(map, map, 0.0, 0.8, cv::NORM_MINMAX);
    cv::Mat1b mask(size, size, std::uint8_t{0});
    for (int spot = 0; spot < i % 4; ++spot)
      cv::circle(mask,
                 {static_cast<int>(random() % static_cast<unsigned>(size)),
                  static_cast<int>(random() % static_cast<unsigned>(size))},
                 2 + static_cast<int>(random() % 20) * size / 300, {1}, cv::FILLED);
    cv::add(map, 0.2f, map, mask);
    out.maps.emplace_back(map.begin(), map.end());
    out.masks.emplace_back(mask.begin(), mask.end());
  }
  return out;
}

}  // namespace anomalyclip::testing
