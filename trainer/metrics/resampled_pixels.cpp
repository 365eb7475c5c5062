#include "metrics/resampled_pixels.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <limits>
#include <random>
#include <thread>

#include <opencv2/imgproc.hpp>

#include "metrics/areas.h"
#include "metrics/radix_sort.h"

namespace anomalyclip::metrics {
namespace {

constexpr std::size_t kPoints = 1024, kFineness = 64;

/// Cuts 0..count-1, from the highest score on, into what becomes a point each: visit(first, last).
template <typename Visit>
void for_points(std::size_t count, Visit&& visit) {
  const std::size_t most = (count + kPoints - 1) / kPoints;
  for (std::size_t first = 0; first < count;) {
    const std::size_t size = std::clamp<std::size_t>(first / kFineness, 1, most);
    const std::size_t last = std::min(count, first + size);
    visit(first, last);
    first = last;
  }
}

struct Pixel {
  float score;
  int region;
};

}  // namespace

/// Of a weighted class.
struct ResampledPixels::Totals {
  double normal = 0, damaged = 0, good = 0;  ///< pixels; `good`: of the good images
  double regions = 0, damaged_images = 0;
  float least = std::numeric_limits<float>::infinity(), greatest = -least;
};

void ResampledPixels::add(std::span<const float> map, std::span<const std::uint8_t> mask, int width,
                          int height) {
  const cv::Mat1b damage(height, width, const_cast<std::uint8_t*>(mask.data()));
  cv::Mat1i labels;
  const int regions = cv::connectedComponents(damage, labels, 8, CV_32S) - 1;
  const auto [least, greatest] = std::minmax_element(map.begin(), map.end());
  std::vector<float> normal;
  std::vector<Pixel> damaged;
  std::vector<double> region_pixels(static_cast<std::size_t>(regions) + 1);
  normal.reserve(map.size());
  for (std::size_t i = 0; i < map.size(); ++i) {
    const int region = labels.ptr<int>()[i];
    ++region_pixels[static_cast<std::size_t>(region)];
    if (region == 0)
      normal.push_back(map[i]);
    else
      damaged.push_back({map[i], region});
  }
  const auto image = static_cast<std::uint32_t>(images_.size());
  images_.push_back({*least, *greatest, static_cast<std::uint32_t>(normal.size()),
                     static_cast<std::uint32_t>(damaged.size()),
                     static_cast<std::uint32_t>(regions)});
  add_normal(normal, image);
  std::ranges::sort(damaged, std::greater<>(), &Pixel::score);
  for_points(damaged.size(), [&](std::size_t first, std::size_t last) {
    double overlap = 0;
    for (std::size_t i = first; i < last; ++i)
      overlap += 1 / region_pixels[static_cast<std::size_t>(damaged[i].region)];
    damaged_.push_back({damaged[(first + last) / 2].score, image,
                        static_cast<std::uint32_t>(last - first), overlap});
  });
}

void ResampledPixels::add_normal(std::vector<float>& scores, std::uint32_t image) {
  radix_sort(scores);
  for_points(scores.size(), [&](std::size_t first, std::size_t last) {
    const std::size_t middle = scores.size() - 1 - (first + last) / 2;  // they ascend
    normal_.push_back({scores[middle], image, static_cast<std::uint32_t>(last - first)});
  });
}

void ResampledPixels::sort() {
  std::ranges::sort(normal_, {}, &Normal::score);
  std::ranges::sort(damaged_, {}, &Damaged::score);
}

template <typename Visit>
void ResampledPixels::descend(const std::vector<std::uint32_t>& weights, Visit&& visit) const {
  PixelPool::Step step{0, 0, 0, 0};
  std::size_t good = 0;
  double share = 0;
  std::size_t normal = normal_.size(), damaged = damaged_.size();
  while (normal + damaged > 0) {
    step.threshold = -std::numeric_limits<float>::infinity();
    if (normal > 0) step.threshold = normal_[normal - 1].score;
    if (damaged > 0) step.threshold = std::max(step.threshold, damaged_[damaged - 1].score);
    bool any = false;
    for (; normal > 0 && normal_[normal - 1].score == step.threshold; --normal) {
      const Normal& point = normal_[normal - 1];
      const std::size_t pixels = std::size_t{weights[point.image]} * point.pixels;
      step.normal += pixels;
      if (images_[point.image].good()) good += pixels;
      any |= pixels > 0;
    }
    for (; damaged > 0 && damaged_[damaged - 1].score == step.threshold; --damaged) {
      const Damaged& point = damaged_[damaged - 1];
      const std::uint32_t weight = weights[point.image];
      const std::size_t pixels = std::size_t{weight} * point.pixels;
      step.damaged += pixels;
      step.overlap += weight * point.overlap;
      share += static_cast<double>(pixels) / images_[point.image].damaged;
      any |= weight > 0;
    }
    if (any) visit(step, static_cast<double>(good), share);
  }
}

ResampledPixels::Totals ResampledPixels::totals(const std::vector<std::uint32_t>& weights) const {
  Totals all;
  for (std::size_t i = 0; i < images_.size(); ++i) {
    const Image& image = images_[i];
    const double weight = weights[i];
    if (weight == 0) continue;
    all.normal += weight * image.normal;
    all.damaged += weight * image.damaged;
    all.regions += weight * image.regions;
    if (image.good())
      all.good += weight * image.normal;
    else
      all.damaged_images += weight;
    all.least = std::min(all.least, image.least);
    all.greatest = std::max(all.greatest, image.greatest);
  }
  return all;
}

PixelMetrics ResampledPixels::metrics(const std::vector<std::uint32_t>& weights) const {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  const Totals all = totals(weights);
  if (all.damaged == 0 || all.normal == 0) return {kNone, kNone, kNone, kNone, kNone, kNone};
  RocAndPr curves(all.damaged, all.normal);
  ReferenceProArea reference(all.least, all.greatest, all.normal, all.regions);
  ProArea exact(all.normal, all.regions);
  PimoArea pimo(all.good, all.damaged_images);
  descend(weights, [&](const PixelPool::Step& step, double good, double share) {
    curves.visit(step);
    reference.visit(step);
    exact.visit(step);
    pimo.visit(good, share);
  });
  return {curves.auroc(),   curves.ap(),  curves.f1_max(),
          reference.area(), exact.area(), pimo.area()};
}

bool ResampledPixels::usable(const std::vector<std::uint32_t>& weights) const {
  const Totals all = totals(weights);
  const bool good = std::ranges::any_of(images_, &Image::good);
  return all.damaged > 0 && all.normal > 0 && (all.good > 0 || !good);
}

std::vector<std::uint32_t> ResampledPixels::draw_weights(std::uint64_t seed, int number) const {
  std::seed_seq sequence{seed, static_cast<std::uint64_t>(number)};
  std::mt19937_64 random(sequence);
  std::uniform_int_distribution<std::size_t> pick(0, images_.size() - 1);
  std::vector<std::uint32_t> weights;
  do {
    weights.assign(images_.size(), 0);
    for (std::size_t i = 0; i < images_.size(); ++i) ++weights[pick(random)];
  } while (!usable(weights));
  return weights;
}

std::vector<PixelMetrics> ResampledPixels::draw(int draws, std::uint64_t seed) const {
  if (!usable(std::vector<std::uint32_t>(images_.size(), 1))) return {};
  std::vector<PixelMetrics> out(static_cast<std::size_t>(draws));
  std::atomic<int> next{0};
  const auto work = [&] {
    for (int i = next++; i < draws; i = next++)
      out[static_cast<std::size_t>(i)] = metrics(draw_weights(seed, i));
  };
  {
    std::vector<std::jthread> workers;
    for (unsigned i = 1; i < std::thread::hardware_concurrency(); ++i) workers.emplace_back(work);
    work();
  }
  return out;
}

}  // namespace anomalyclip::metrics
