#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "metrics/pixel_metrics.h"

namespace anomalyclip::metrics {

/// The maps of one class, kept image by image and thinned, for the pixel metrics of images that are drawn again and again.
///
/// Of each image, the normal pixels and the damaged ones are put in order, and neighbours in that order are taken together
/// to one point with the score of the middle one: the r-th highest pixel with r / 64 others, or with a 1024th of all,
/// whichever are fewer. So the highest 128 of each kind, and images of up to 1024 pixels, are as they are; for others, each
/// image's rates are off by a 1024th at most, and by a 128th of themselves at most.
///
/// Memory: at most some 60 KB an image, whatever its size. @see PixelPool for the metrics of all images as they are
class ResampledPixels {
 public:
  /// Adds one image. Its regions are the mask's 8-connected components.
  /// @param map, mask  [height, width], finite; the mask is 0 where nothing is damaged
  void add(std::span<const float> map, std::span<const std::uint8_t> mask, int width, int height);

  /// To be called once, after the last image.
  void sort();

  std::size_t images() const { return images_.size(); }

  /// The metrics of a class that has each image as many times as it weighs. NaN where they are not defined.
  /// @param weights  one an image, in the order added
  PixelMetrics metrics(const std::vector<std::uint32_t>& weights) const;

  /// The metrics of as many draws of images() images with replacement, computed on all cores. A draw is repeated until it
  /// has damage and something normal, and a good image where there is one. The same seed gives the same draws.
  /// @returns nothing where no draw can have that
  std::vector<PixelMetrics> draw(int draws, std::uint64_t seed) const;

 private:
  struct Image {
    float least, greatest;
    std::uint32_t normal = 0, damaged = 0, regions = 0;

    bool good() const { return damaged == 0; }
  };
  struct Normal {
    float score;
    std::uint32_t image, pixels;
  };
  struct Damaged {
    float score;
    std::uint32_t image, pixels;
    double overlap;  ///< summed over the pixels: each one's share of its region
  };
  struct Totals;

  void add_normal(std::vector<float>& scores, std::uint32_t image);
  Totals totals(const std::vector<std::uint32_t>& weights) const;
  bool usable(const std::vector<std::uint32_t>& weights) const;
  std::vector<std::uint32_t> draw_weights(std::uint64_t seed, int number) const;
  template <typename Visit>
  void descend(const std::vector<std::uint32_t>& weights, Visit&& visit) const;

  std::vector<Image> images_;
  std::vector<Normal> normal_;    // ascending after sort()
  std::vector<Damaged> damaged_;  // likewise
};

}  // namespace anomalyclip::metrics
