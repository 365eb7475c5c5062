#include "eval/pictures.h"

#include <algorithm>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <anomalyclip/draw.h>

#include "data/sample_files.h"

namespace anomalyclip::trainer {
namespace {

constexpr std::size_t kEach = 2;
constexpr int kHeight = 160;  // pixels of a thumbnail

std::string base64(const std::vector<std::uint8_t>& bytes) {
  static constexpr char kLetters[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = std::uint32_t{bytes[i]} << 16;
    if (i + 1 < bytes.size()) group |= std::uint32_t{bytes[i + 1]} << 8;
    if (i + 2 < bytes.size()) group |= bytes[i + 2];
    for (std::size_t k = 0; k < 4; ++k)
      out += i + k <= bytes.size() ? kLetters[(group >> (18 - 6 * k)) & 63] : '=';
  }
  return out;
}

std::string data_address(const cv::Mat& bgr) {
  const int width = std::max(1, bgr.cols * kHeight / bgr.rows);
  cv::Mat small;
  cv::resize(bgr, small, {width, kHeight}, 0, 0, cv::INTER_AREA);
  std::vector<std::uint8_t> bytes;
  cv::imencode(".jpg", small, bytes, {cv::IMWRITE_JPEG_QUALITY, 85});
  return "data:image/jpeg;base64," + base64(bytes);
}

cv::Mat as_bgr(const Image& rgb) {
  const cv::Mat pixels(rgb.height, rgb.width, CV_8UC3,
                       const_cast<std::uint8_t*>(rgb.pixels.data()));
  cv::Mat bgr;
  cv::cvtColor(pixels, bgr, cv::COLOR_RGB2BGR);
  return bgr;
}

/// An image and what the candidate says of it.
struct Inspected {
  SampleScore sample;
  std::shared_ptr<const Image> image;
  Verdicts verdicts;

  float highest() const {
    return *std::max_element(verdicts.map->values.begin(), verdicts.map->values.end());
  }
};

/// @param scale  makes the highest value of the class's pictures 1: one scale for them all, whatever the candidate's unit
cv::Mat heatmap(const Inspected& seen, float scale) {
  Image picture = to_rgb_image(seen.image->view());
  std::vector<float> values = seen.verdicts.map->values;
  for (float& value : values) value = std::min(value * scale, 1.f);
  OverlayStyle style;
  style.overlay = Overlay::kHeatmap;
  const AnomalyMap& map = *seen.verdicts.map;
  draw_overlay(picture.writable(), {values, map.width, map.height, map.covers}, {}, style);
  return as_bgr(picture);
}

std::string mask_picture(const Sample& sample, const Image& image) {
  if (sample.mask.empty()) return "";
  const Mask mask = load_mask(sample, 2 * kHeight);
  cv::Mat1b grey(mask.size, mask.size, const_cast<std::uint8_t*>(mask.values.data()));
  cv::Mat1b shown = grey * 255;
  cv::resize(shown, shown, {std::max(1, image.width * kHeight / image.height), kHeight}, 0, 0,
             cv::INTER_AREA);
  return data_address(shown);
}

Inspected inspect(const SampleScore& sample, const std::vector<Candidate>& candidate,
                  Engine* engine) {
  const auto image = std::make_shared<const Image>(load_sample(sample.sample));
  return {sample, image, inspect_with(engine, candidate, image)[0].get()};
}

std::vector<Picture> draw(const std::vector<Inspected>& images, float scale) {
  std::vector<Picture> pictures;
  for (const Inspected& seen : images)
    pictures.push_back({seen.sample, data_address(as_bgr(to_rgb_image(seen.image->view()))),
                        mask_picture(seen.sample.sample, *seen.image),
                        data_address(heatmap(seen, scale))});
  return pictures;
}

std::vector<SampleScore> first(std::vector<SampleScore> samples, bool anomalous, bool highest) {
  std::erase_if(samples, [&](const SampleScore& s) { return s.sample.anomalous != anomalous; });
  std::stable_sort(samples.begin(), samples.end(), [&](const auto& a, const auto& b) {
    return highest ? a.score > b.score : a.score < b.score;
  });
  if (samples.size() > kEach) samples.resize(kEach);
  return samples;
}

}  // namespace

Gallery draw_gallery(const ClassResult& result, const Candidate& candidate, Engine* engine) {
  const std::vector<Candidate> one = {candidate};
  float highest = 0;
  const auto inspect_first = [&](bool anomalous, bool from_above) {
    std::vector<Inspected> images;
    for (const SampleScore& sample : first(result.samples, anomalous, from_above)) {
      images.push_back(inspect(sample, one, engine));
      highest = std::max(highest, images.back().highest());
    }
    return images;
  };
  const auto found = inspect_first(true, true), false_alarms = inspect_first(false, true),
             missed = inspect_first(true, false);
  const float scale = highest > 0 ? 1 / highest : 1;
  return {draw(found, scale), draw(false_alarms, scale), draw(missed, scale)};
}

}  // namespace anomalyclip::trainer
