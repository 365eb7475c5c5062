#include "metrics/pixel_pool.h"

#include <algorithm>
#include <cmath>
#include <future>
#include <limits>

#include <opencv2/imgproc.hpp>

#include <anomalyclip/error.h>

#include "metrics/radix_sort.h"

namespace anomalyclip::metrics {
namespace {

/// Without a branch, so that it is done for many at once.
bool all_finite(std::span<const float> values) {
  int others = 0;
  for (const float value : values)
    others += !(std::abs(value) <= std::numeric_limits<float>::max());
  return others == 0;
}

}  // namespace

PixelPool::PixelPool(std::size_t pixels) {
  // Reserved memory that is never written to takes no place.
  of_good_images_.reserve(pixels);
  beside_damage_.reserve(pixels);
  damaged_.reserve(pixels);
}

void PixelPool::add(std::span<const float> map, std::span<const std::uint8_t> mask, int width,
                    int height) {
  if (!all_finite(map))
    throw Error(ErrorCode::kNotFinite, "an anomaly map holds a value that is not a number");
  const cv::Mat1b damage(height, width, const_cast<std::uint8_t*>(mask.data()));
  const auto damaged_pixels = static_cast<std::size_t>(cv::countNonZero(damage));
  if (damaged_pixels == 0) {
    of_good_images_.insert(of_good_images_.end(), map.begin(), map.end());
    return;
  }
  cv::Mat1i labels;
  const int count = cv::connectedComponents(damage, labels, 8, CV_32S);
  const auto first = static_cast<std::uint32_t>(regions_.size());
  const auto image = static_cast<std::uint32_t>(damaged_images_.size());
  regions_.resize(first + static_cast<std::size_t>(count) - 1, {0, image});
  damaged_images_.push_back(static_cast<std::uint32_t>(damaged_pixels));
  beside_damage_.resize(beside_damage_.size() + map.size() - damaged_pixels);
  float* beside = beside_damage_.data() + beside_damage_.size() - (map.size() - damaged_pixels);
  const int* label = labels.ptr<int>();
  for (std::size_t i = 0; i < map.size(); ++i) {
    if (label[i] == 0) {
      *beside++ = map[i];
      continue;
    }
    const std::uint32_t region = first + static_cast<std::uint32_t>(label[i]) - 1;
    damaged_.push_back({map[i], region});
    ++regions_[region].pixels;
  }
}

void PixelPool::sort() {
  auto good = std::async(std::launch::async, [this] { radix_sort(of_good_images_); });
  auto damaged = std::async(std::launch::async, [this] {
    // In place: damage may cover everything, and then there is no memory for a second copy.
    std::sort(damaged_.begin(), damaged_.end(),
              [](const Damaged& a, const Damaged& b) { return a.score < b.score; });
  });
  radix_sort(beside_damage_);
  good.get();
  damaged.get();
}

float PixelPool::highest(std::size_t good, std::size_t beside, std::size_t bad) const {
  float score = -std::numeric_limits<float>::infinity();
  if (good > 0) score = of_good_images_[good - 1];
  if (beside > 0) score = std::max(score, beside_damage_[beside - 1]);
  if (bad > 0) score = std::max(score, damaged_[bad - 1].score);
  return score;
}

}  // namespace anomalyclip::metrics
