#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace anomalyclip::metrics {

/// The pixels of all maps of one class, sorted once; every pixel metric reads them in order.
///
/// Memory: 4 bytes for a normal pixel and 8 for a damaged one, and while sort() runs as much again as the normal pixels
/// have: at most 8 bytes a pixel in all. 1,500 maps of 518 x 518 take 3.0 GiB at the most.
class PixelPool {
 public:
  struct Damaged {
    float score;
    std::uint32_t region;
  };
  struct Region {
    std::uint32_t pixels = 0;
    std::uint32_t image = 0;  ///< number of its image among those with damage
  };

  /// @param pixels  how many there will be, so that memory need not move; more may come
  explicit PixelPool(std::size_t pixels = 0);

  /// Adds one image. Its regions are the mask's 8-connected components.
  /// @param map, mask  [height, width]; the mask is 0 where nothing is damaged
  /// @throws Error kNotFinite when the map holds a NaN or an infinity
  void add(std::span<const float> map, std::span<const std::uint8_t> mask, int width, int height);

  /// Sorts what was added. To be called once, before the metrics.
  void sort();

  /// Ascending after sort(). Pixels of images without damage, and those beside damage, apart: AUPIMO needs the former.
  const std::vector<float>& of_good_images() const { return of_good_images_; }
  const std::vector<float>& beside_damage() const { return beside_damage_; }
  const std::vector<Damaged>& damaged() const { return damaged_; }
  const std::vector<Region>& regions() const { return regions_; }
  /// For each image with damage, how many of its pixels are damaged.
  const std::vector<std::uint32_t>& damaged_images() const { return damaged_images_; }
  std::size_t normal_pixels() const { return of_good_images_.size() + beside_damage_.size(); }

  /// What is at or above a threshold.
  struct Step {
    float threshold;
    std::size_t damaged, normal;  ///< pixels
    double overlap;               ///< summed over regions: the found share of each
  };

  /// Calls visit(const Step&) for every distinct score, descending. After sort().
  template <typename Visit>
  void descend(Visit&& visit) const {
    Step step{0, 0, 0, 0};
    std::size_t good = of_good_images_.size(), beside = beside_damage_.size();
    std::size_t bad = damaged_.size();
    while (good + beside + bad > 0) {
      step.threshold = highest(good, beside, bad);
      for (; good > 0 && of_good_images_[good - 1] == step.threshold; --good) ++step.normal;
      for (; beside > 0 && beside_damage_[beside - 1] == step.threshold; --beside) ++step.normal;
      for (; bad > 0 && damaged_[bad - 1].score == step.threshold; --bad) {
        ++step.damaged;
        step.overlap += 1.0 / regions_[damaged_[bad - 1].region].pixels;
      }
      visit(step);
    }
  }

 private:
  float highest(std::size_t good, std::size_t beside, std::size_t bad) const;

  std::vector<float> of_good_images_, beside_damage_;
  std::vector<Damaged> damaged_;
  std::vector<Region> regions_;
  std::vector<std::uint32_t> damaged_images_;
};

}  // namespace anomalyclip::metrics
