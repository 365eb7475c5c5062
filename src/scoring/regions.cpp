#include "scoring/regions.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <tuple>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include <anomalyclip/error.h>

namespace anomalyclip {
namespace {

/// The rows that have anything in them, from the first to the last.
cv::Range used_rows(const cv::Mat1b& mask) {
  const auto used = [&](int row) { return cv::countNonZero(mask.row(row)) > 0; };
  cv::Range rows(0, mask.rows);
  while (rows.start < rows.end && !used(rows.start)) ++rows.start;
  while (rows.end > rows.start && !used(rows.end - 1)) --rows.end;
  return rows;
}

/// Interval [first, first + length) of `samples` map samples, in pixels of the frame.
std::pair<int, int> to_frame(int first, int length, int samples, int origin, int extent) {
  const std::int64_t begin = static_cast<std::int64_t>(first) * extent / samples;
  const std::int64_t end =
      (static_cast<std::int64_t>(first + length) * extent + samples - 1) / samples;
  return {origin + static_cast<int>(begin), static_cast<int>(end - begin)};
}

/// @param stats      a row of connectedComponentsWithStats()
/// @param first_row  of the map that they count from
Region to_region(const int* stats, int first_row, const cv::Size& map, const Rect& covers) {
  Region region;
  std::tie(region.box.x, region.box.width) = to_frame(
      stats[cv::CC_STAT_LEFT], stats[cv::CC_STAT_WIDTH], map.width, covers.x, covers.width);
  std::tie(region.box.y, region.box.height) =
      to_frame(first_row + stats[cv::CC_STAT_TOP], stats[cv::CC_STAT_HEIGHT], map.height, covers.y,
               covers.height);
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

float least_float(double threshold) {
  const auto rounded = static_cast<float>(threshold);
  return rounded < threshold ? std::nextafter(rounded, std::numeric_limits<float>::infinity())
                             : rounded;
}

std::vector<Region> find_regions(const float* map, int width, int height, double pixel_threshold,
                                 const Rect& covers) {
  return find_regions(map, {0, height}, width, height, pixel_threshold, covers);
}

std::vector<Region> find_regions(const float* samples, const RowRange& given, int width, int height,
                                 double pixel_threshold, const Rect& covers) {
  if (width < 1 || height < 1 || covers.width < 1 || covers.height < 1)
    throw Error(ErrorCode::kSettings,
                "regions: expected a map and a rectangle of at least 1x1, and found " +
                    std::to_string(width) + "x" + std::to_string(height) + " over " +
                    std::to_string(covers.width) + "x" + std::to_string(covers.height) + " pixels");
  if (given.count < 1) return {};
  const cv::Mat1f values(given.count, width, const_cast<float*>(samples));
  cv::Mat1b mask;
  cv::compare(values, least_float(pixel_threshold), mask, cv::CMP_GE);
  const cv::Range rows = used_rows(mask);
  if (rows.empty()) return {};
  cv::Mat1i labels, stats;
  cv::Mat1d centroids;
  const int count =
      cv::connectedComponentsWithStats(mask.rowRange(rows), labels, stats, centroids, 8, CV_32S);
  std::vector<Region> regions;
  for (int label = 1; label < count; ++label)  // 0 is what lies outside of all
    regions.push_back(
        to_region(stats[label], given.first + rows.start, cv::Size(width, height), covers));
  for (int y = 0; y < labels.rows; ++y)
    for (int x = 0; x < width; ++x)
      if (const int label = labels(y, x); label > 0)
        regions[label - 1].score = std::max(regions[label - 1].score, values(rows.start + y, x));
  std::sort(regions.begin(), regions.end(), stronger);
  if (regions.size() > kMostRegions) regions.resize(kMostRegions);
  return regions;
}

}  // namespace anomalyclip
