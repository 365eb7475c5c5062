#include "line_video.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>
#include <opencv2/imgproc.hpp>

#include <anomalyclip/error.h>

#include "damage.h"
#include "line_pieces.h"
#include "part.h"
#include "picture_writer.h"
#include "video_writer.h"

namespace anomalyclip::synth {

namespace {

enum Stream : std::uint64_t {
  kBelt,
  kLight,
  kProduct = 100,
  kPiece = 1000,
  kDefect = 100000,
  kNoise = 10000000,
  kGoodPart = 1ull << 40
};

nlohmann::json as_json(const cv::Rect& box) {
  return {{"x", box.x}, {"y", box.y}, {"w", box.width}, {"h", box.height}};
}

}  // namespace

Line::Line(const LineSettings& settings)
    : settings_(settings),
      frames_(static_cast<int>(std::lround(settings.seconds * settings.fps))),
      speed_(0.35f * static_cast<float>(settings.width) / static_cast<float>(settings.fps)) {
  const bool even = settings.width % 2 == 0 && settings.height % 2 == 0;
  if (settings.width < 64 || settings.height < 64 || !even || frames_ < 1)
    throw Error(ErrorCode::kSettings,
                "A line video needs an even width and height of at least 64 pixels and at least "
                "one frame, not " +
                    std::to_string(settings.width) + " x " + std::to_string(settings.height) +
                    " and " + std::to_string(frames_) + " frames.");
  require_memory();
  draw_belt();
  design_products();
  draw_parts();
  draw_gain();
}

int Line::part_size() const {
  return static_cast<int>(static_cast<float>(std::min(settings_.height, settings_.width)) * 0.72f) &
         ~1;
}

void Line::require_memory() const {
  constexpr double kMost = 4.0 * (1 << 30);
  const double bytes_a_column = settings_.height * static_cast<double>(sizeof(cv::Vec3f)),
               columns = static_cast<double>(speed_) * frames_;
  if (bytes_a_column * columns > kMost)
    throw Error(
        ErrorCode::kSettings,
        "A line's belt is kept in memory, 4 GiB at most: that is " +
            std::to_string(static_cast<int>(settings_.seconds * kMost / bytes_a_column / columns)) +
            " seconds at this size. Ask for fewer --seconds, and for more videos with another "
            "--seed.");
}

void Line::draw_belt() {
  const int size = std::max(settings_.height, 256) + (settings_.height & 1);
  Sketch s{Random(settings_.seed, kBelt), size};
  const Image tile = draw_belt_tile(s, all_kinds().textures);
  Image pair, mirrored;
  cv::flip(tile, mirrored, 1);
  cv::hconcat(tile, mirrored, pair);
  tile_ = pair.rowRange(0, settings_.height);
  const int length = settings_.width + static_cast<int>(offset(frames_)) + 8;
  cv::Mat repeated = cv::repeat(tile_, 1, length / tile_.cols + 1);
  strip_ = repeated(cv::Rect(0, 0, length, settings_.height)).clone();
}

void Line::design_products() {
  for (int k = 0; k < std::max(1, settings_.products); ++k) {
    Sketch traits{Random(settings_.seed, kProduct + static_cast<std::uint64_t>(k)),
                  2 * part_size()};
    products_.push_back(
        draw_product(traits, all_kinds(), products_.empty() ? nullptr : &products_.back()));
  }
}

void Line::draw_parts() {
  const int size = part_size();
  const float gap = 1.1f * static_cast<float>(size);
  const std::vector<int> materials = all_kinds().textures;
  for (int id = 0;; ++id) {
    Sketch s{Random(settings_.seed, kPiece + static_cast<std::uint64_t>(id)), size};
    const int x =
        static_cast<int>(0.4f * size + gap * static_cast<float>(id) + s.px(8) * s.random.normal());
    const int y = (settings_.height - size) / 2 + static_cast<int>(s.px(6) * s.random.normal());
    const cv::Rect place(std::max(0, x), std::clamp(y, 0, settings_.height - size), size, size);
    if (place.br().x > strip_.cols) return;
    const auto run = static_cast<std::size_t>(place.x) * products_.size() /
                     static_cast<std::size_t>(strip_.cols);
    const Scene scene = draw_piece(s, products_[run], strip_(place));
    Image image = scene.composed();
    LinePart part{id, scene.shape,
                  "", cv::boundingRect(scene.coverage > 0.5f) + place.tl(),
                  {}, static_cast<int>(run)};
    if (s.random.chance(settings_.defect_share)) {
      Sketch d{Random(settings_.seed, kDefect + static_cast<std::uint64_t>(id)), size};
      for (int attempt = 0; attempt < 5 && part.defect.empty(); ++attempt) {
        const Damage damage = damaged(d, scene, image, materials);
        const cv::Mat1b mask = visible(damage.touched, image, damage.image, 0.012f);
        if (damage.kind < 0 || cv::countNonZero(mask) < 2 * least_area(d)) continue;
        image = damage.image;
        part.defect = defect_kinds()[static_cast<std::size_t>(damage.kind)].name;
        part.defect_box = cv::boundingRect(mask) + place.tl();
      }
    }
    image.copyTo(strip_(place));
    parts_.push_back(part);
  }
}

void Line::draw_gain() {
  const float w = static_cast<float>(settings_.width), h = static_cast<float>(settings_.height);
  gain_.create(settings_.height, settings_.width);
  for (int y = 0; y < gain_.rows; ++y)
    for (int x = 0; x < gain_.cols; ++x) {
      const float u = static_cast<float>(x) / w - 0.5f, v = static_cast<float>(y) / h - 0.5f;
      gain_(y, x) = (1.f + 0.2f * u - 0.15f * v) * (1.f - 0.35f * (u * u + v * v));
    }
}

cv::Mat3b Line::frame(int index) const {
  return film(strip_, offset(index), static_cast<float>(index) / static_cast<float>(settings_.fps),
              kNoise + static_cast<std::uint64_t>(index));
}

cv::Mat3b Line::good_part(int run, int number) const {
  const std::uint64_t stream =
      kGoodPart + (static_cast<std::uint64_t>(run) << 32) + 2 * static_cast<std::uint64_t>(number);
  const int size = part_size();
  Sketch s{Random(settings_.seed, stream), size};
  const int from = s.random.integer(0, tile_.cols);
  cv::Mat3f belt = cv::repeat(tile_, 1, (from + settings_.width) / tile_.cols + 1);
  belt = belt.colRange(from, from + settings_.width).clone();
  const cv::Point at((settings_.width - size) / 2 + static_cast<int>(s.px(4) * s.random.normal()),
                     (settings_.height - size) / 2 + static_cast<int>(s.px(6) * s.random.normal()));
  const cv::Rect place(std::clamp(at.x, 0, settings_.width - size),
                       std::clamp(at.y, 0, settings_.height - size), size, size);
  draw_piece(s, products_.at(static_cast<std::size_t>(run)), belt(place))
      .composed()
      .copyTo(belt(place));
  return film(belt, s.random.uniform(0.f, 1.f), s.random.uniform(0.f, 100.f), stream + 1);
}

cv::Mat3b Line::film(const cv::Mat3f& belt, float at, float time, std::uint64_t noise) const {
  // Only what is in view: OpenCV warps no picture of 32768 columns or more.
  const int first = static_cast<int>(at);
  const cv::Mat3f near = belt.colRange(first, std::min(first + settings_.width + 2, belt.cols));
  const float shift = at - static_cast<float>(first);
  const float sway = 0.4f * std::sin(9.f * time) + 0.2f * std::sin(23.f * time);
  cv::Mat3f view;
  cv::warpAffine(near, view, cv::Matx23f(1, 0, shift, 0, 1, sway),
                 {settings_.width, settings_.height}, cv::INTER_LINEAR | cv::WARP_INVERSE_MAP,
                 cv::BORDER_REFLECT);
  const int smear = std::max(1, static_cast<int>(speed_ / 4.f)) |
                    1;  // the shutter is open for a quarter of a frame
  cv::blur(view, view, {smear, 1});
  const float lamp = 1.f + 0.06f * std::sin(0.5f * time) + 0.02f * std::sin(3.1f * time);
  multiply(view, gain_ * lamp);
  Plane grain(settings_.height, settings_.width);
  Random random(settings_.seed, noise);
  random.fill_normal(grain);
  add(view, 0.012f * grain);
  cv::Mat3b out;
  view.convertTo(out, CV_8U, 255);
  return out;
}

std::vector<std::string> Line::truth(int index) const {
  const cv::Rect frame(0, 0, settings_.width, settings_.height);
  const cv::Point shift(static_cast<int>(std::lround(offset(index))), 0);
  std::vector<std::string> out;
  for (const LinePart& part : parts_) {
    const cv::Rect box = (part.box - shift) & frame;
    if (box.empty()) continue;
    nlohmann::json line{{"frame", index},
                        {"part", part.id},
                        {"product", part.product},
                        {"run", part.run},
                        {"defective", !part.defect.empty()},
                        {"box", as_json(box)},
                        {"in_view", static_cast<double>(box.area()) / part.box.area()}};
    if (!part.defect.empty()) {
      line["defect"] = part.defect;
      line["defect_box"] = as_json((part.defect_box - shift) & frame);
    }
    out.push_back(line.dump());
  }
  return out;
}

void write_good_parts(const Line& line, const std::string& folder, int count_of_each,
                      const std::function<void(int)>& progress) {
  write_in_parallel(
      count_of_each * std::max(1, line.settings().products),
      [&](int i) {
        char name[32];
        std::snprintf(name, sizeof name, "%d/%04d.png", i / count_of_each, i % count_of_each);
        write_png(line.good_part(i / count_of_each, i % count_of_each),
                  std::filesystem::path(folder) / name);
      },
      progress);
}

void write_line_video(const Line& line, const std::string& target, const std::string& truth,
                      const std::function<void(int)>& progress) {
  const LineSettings& settings = line.settings();
  const auto video = VideoWriter::open(target, settings.width, settings.height, settings.fps);
  const std::string aside = truth + ".part";
  std::ofstream lines(aside);
  for (int i = 0; i < line.frames(); ++i) {
    video->write(line.frame(i));
    for (const std::string& text : line.truth(i)) lines << text << '\n';
    progress(i + 1);
  }
  video->finish();
  lines.close();
  if (!lines)
    throw Error(ErrorCode::kRead,
                "Cannot write " + truth + ". Does its folder exist, and is there room?");
  std::filesystem::rename(aside, truth);
}

}  // namespace anomalyclip::synth
