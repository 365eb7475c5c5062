#include "image/save_png.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <opencv2/imgcodecs.hpp>

#include <anomalyclip/error.h>
#include <anomalyclip/map_file.h>

#include "core/atomic_file.h"
#include "image/pixel_format.h"
#include "image/to_rgb.h"

namespace anomalyclip {
namespace {

void write_png(const std::string& path, const cv::Mat& image) {
  AtomicFile file(
      path);  // first, so that a folder that is not there is found before the work is done
  std::vector<std::uint8_t> bytes;
  try {
    cv::imencode(".png", image, bytes);
  } catch (const cv::Exception& error) {
    throw Error(ErrorCode::kSettings, path + ": cannot be written as PNG (" + error.err + ")");
  }
  file.write(std::as_bytes(std::span(bytes)));
  file.commit();
}

}  // namespace

void save_png(const std::string& path, const FrameView& frame) {
  validate(frame);
  RowConverter rows(frame, {0, 0, frame.width, frame.height});
  const int channels = rows.channels();
  cv::Mat image(frame.height, frame.width, CV_8UC(channels));
  std::vector<std::uint8_t> scratch(static_cast<std::size_t>(frame.width) * channels);
  for (int y = 0; y < frame.height; ++y) {
    const std::uint8_t* row = rows.row(y, scratch.data());
    std::uint8_t* out = image.ptr(y);
    for (int x = 0; x < frame.width; ++x, row += channels, out += channels)
      for (int c = 0; c < channels; ++c) out[c] = row[channels - 1 - c];  // OpenCV has B, G, R
  }
  write_png(path, image);
}

void save_map_png(const std::string& path, std::span<const float> map, int width, int height) {
  if (width < 1 || height < 1 || map.size() != static_cast<std::size_t>(width) * height)
    throw Error(ErrorCode::kSettings, path +
                                          ": expected a map of width x height values, and found " +
                                          std::to_string(map.size()) + " for " +
                                          std::to_string(width) + "x" + std::to_string(height));
  cv::Mat_<std::uint16_t> image(height, width);
  for (std::size_t i = 0; i < map.size(); ++i) {
    const float value = std::isnan(map[i]) ? 0.0f : std::clamp(map[i], 0.0f, 1.0f);
    image(static_cast<int>(i / width), static_cast<int>(i % width)) =
        static_cast<std::uint16_t>(std::lround(value * 65535.0f));
  }
  write_png(path, image);
}

}  // namespace anomalyclip
