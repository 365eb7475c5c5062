#include "scoring/regions.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>

#include <opencv2/imgproc.hpp>

#include <anomalyclip/error.h>

namespace anomalyclip {
namespace {

/// 255 where the map is at or above the threshold. Returns whether it is anywhere.
bool cut(const cv::Mat1f& map, double threshold, cv::Mat1b& mask) {
  bool any = false;
  mask.create(map.size());
  for (int y = 0; y < map.rows; ++y)
    for (int x = 0; x < map.cols; ++x) {
      const bool inside = map(y, x) >= threshold;
      mask(y, x) = inside ? 255 : 0;
      any |= inside;
    }
  return any;
}

/// Interval [first, first + length) of `samples` map samples, in pixels of the frame.
std::pair<int, int> to_frame(int first, int length, int samples, int origin, int extent) {
  const std::int64_t begin = static_cast<std::int64_t>(first) * extent / samples;
  const std::int64_t end =
      (static_cast<std::int64_t>(first + length) * extent + samples - 1) / samples;
  return {origin + static_cast<int>(begin), static_cast<int>(end - begin)};
}

/// @param stats  a row of connectedComponentsWithStats()
Region to_region(const int* stats, const cv::Size& map, const Rect& covers) {
  Region region;
  std::tie(region.box.x, region.box.width) = to_frame(
      stats[cv::CC_STAT_LEFT], stats[cv::CC_STAT_WIDTH], map.width, covers.x, covers.width);
  std::tie(region.box.y, region.box.height) = to_frame(
      stats[cv::CC_STAT_TOP], stats[cv::CC_STAT_HEIGHT], map.height, covers.y, covers.height);
  const double pixels_a_sample =
      static_cast<double>(covers.width) / map.width * covers.height / map.height;
  region.area = std::max(1L, std::lround(stats[cv::CC_STAT_AREA] * pixels_a_sample));
  return region;
}

bool stronger(const Region& a, const Region& b) {
  return std::tuple(-a.score, -a.area, a.box.y, a.box.x, a.box.height, a.box.width) <
         std::tuple(-b.score, -b.area, b.box.y, b.box.x, b.box.height, b.box.width);
}

}  // namespace

std::vector<Region> find_regions(const float* map, int width, int height, double pixel_threshold,
                                 const Rect& covers) {
  if (width < 1 || height < 1 || covers.width < 1 || covers.height < 1)
    throw Error(ErrorCode::kSettings,
                "regions: expected a map and a rectangle of at least 1x1, and found " +
                    std::to_string(width) + "x" + std::to_string(height) + " over " +
                    std::to_string(covers.width) + "x" + std::to_string(covers.height) + " pixels");
  const cv::Mat1f values(height, width, const_cast<float*>(map));
  cv::Mat1b mask;
  if (!cut(values, pixel_threshold, mask)) return {};
  cv::Mat1i labels, stats;
  cv::Mat1d centroids;
  const int count = cv::connectedComponentsWithStats(mask, labels, stats, centroids, 8, CV_32S);
  std::vector<Region> regions;
  for (int label = 1; label < count; ++label)  // 0 is what lies outside of all
    regions.push_back(to_region(stats[label], values.size(), covers));
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      if (const int label = labels(y, x); label > 0)
        regions[label - 1].score = std::max(regions[label - 1].score, values(y, x));
  std::sort(regions.begin(), regions.end(), stronger);
  if (regions.size() > kMostRegions) regions.resize(kMostRegions);
  return regions;
}

}  // namespace anomalyclip
