#include "scoring/regions.h"

#include <algorithm>
#include <bit>
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

/// Interval [begin, end) of `samples` map samples, in pixels of the frame.
std::pair<int, int> to_frame(int begin, int end, std::int64_t samples, int origin, int extent) {
  const std::int64_t first = std::int64_t{begin} * extent / samples;
  const std::int64_t last = (std::int64_t{end} * extent + samples - 1) / samples;
  return {origin + static_cast<int>(first), static_cast<int>(last - first)};
}

Region to_region(const Component& part, const Size& map, const Rect& covers) {
  Region region;
  std::tie(region.box.x, region.box.width) =
      to_frame(part.left, part.right, map.width, covers.x, covers.width);
  std::tie(region.box.y, region.box.height) =
      to_frame(part.top, part.bottom, map.height, covers.y, covers.height);
  const double pixels_a_sample = static_cast<double>(covers.width) /
                                 static_cast<double>(map.width) * covers.height /
                                 static_cast<double>(map.height);
  region.area = std::max(1L, std::lround(part.samples * pixels_a_sample));
  region.score = std::bit_cast<float>(part.score_bits);
  return region;
}

bool stronger(const Region& a, const Region& b) {
  return std::tuple(-a.score, -a.area, a.box.y, a.box.x, a.box.height, a.box.width) <
         std::tuple(-b.score, -b.area, b.box.y, b.box.x, b.box.height, b.box.width);
}

/// @param stats      a row of connectedComponentsWithStats()
/// @param first_row  of the map that they count from
Component to_component(const int* stats, int first_row) {
  const int left = stats[cv::CC_STAT_LEFT], top = first_row + stats[cv::CC_STAT_TOP];
  return {left,
          top,
          left + stats[cv::CC_STAT_WIDTH],
          top + stats[cv::CC_STAT_HEIGHT],
          stats[cv::CC_STAT_AREA],
          0};
}

/// Sets the scores.
/// @param labels  of the rows of the map from `first_row` on; 0 is what lies outside of all
void score_components(const cv::Mat1f& map, const cv::Mat1i& labels, int first_row,
                      std::vector<Component>& components) {
  std::vector<float> scores(components.size());
  for (int y = 0; y < labels.rows; ++y)
    for (int x = 0; x < labels.cols; ++x)
      if (const int label = labels(y, x); label > 0)
        scores[label - 1] = std::max(scores[label - 1], map(first_row + y, x));
  for (std::size_t i = 0; i < scores.size(); ++i)
    components[i].score_bits = std::bit_cast<std::int32_t>(scores[i]);
}

}  // namespace

float least_float(double threshold) {
  const auto rounded = static_cast<float>(threshold);
  return rounded < threshold ? std::nextafter(rounded, std::numeric_limits<float>::infinity())
                             : rounded;
}

void require_sizes(const Size& map, const Rect& covers) {
  if (map.width < 1 || map.height < 1 || covers.width < 1 || covers.height < 1)
    throw Error(ErrorCode::kSettings,
                "regions: expected a map and a rectangle of at least 1x1, and found " +
                    std::to_string(map.width) + "x" + std::to_string(map.height) + " over " +
                    std::to_string(covers.width) + "x" + std::to_string(covers.height) + " pixels");
}

std::vector<Region> strongest_regions(std::span<const Component> components, const Size& map,
                                      const Rect& covers) {
  std::vector<Region> regions;
  for (const Component& part : components) regions.push_back(to_region(part, map, covers));
  std::sort(regions.begin(), regions.end(), stronger);
  if (regions.size() > kMostRegions) regions.resize(kMostRegions);
  return regions;
}

std::vector<Region> find_regions(const float* map, int width, int height, double pixel_threshold,
                                 const Rect& covers) {
  require_sizes({width, height}, covers);
  const cv::Mat1f values(height, width, const_cast<float*>(map));
  cv::Mat1b mask;
  cv::compare(values, least_float(pixel_threshold), mask, cv::CMP_GE);
  const cv::Range rows = used_rows(mask);
  if (rows.empty()) return {};
  cv::Mat1i labels, stats;
  cv::Mat1d centroids;
  const int count =
      cv::connectedComponentsWithStats(mask.rowRange(rows), labels, stats, centroids, 8, CV_32S);
  std::vector<Component> components;
  for (int label = 1; label < count; ++label)
    components.push_back(to_component(stats[label], rows.start));
  score_components(values, labels, rows.start, components);
  return strongest_regions(components, {width, height}, covers);
}

}  // namespace anomalyclip
