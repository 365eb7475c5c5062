#include "samples.h"

#include <algorithm>

#include <torch/torch.h>

#include <opencv2/imgproc.hpp>

#include "captions.h"

namespace anomalyclip::pretrain {

namespace {

using synth::Random;

constexpr float kMean[3] = {0.48145466f, 0.4578275f, 0.40821073f};
constexpr float kDeviation[3] = {0.26862954f, 0.26130258f, 0.27577711f};

cv::Rect crop(Random& r, const synth::Part& part, int size) {
  const int full = part.image.rows;
  const float least =
      std::clamp(0.85f * static_cast<float>(size) / static_cast<float>(full), 0.35f, 0.7f);
  const int side =
      r.chance(0.8f) ? static_cast<int>(r.uniform(least, 1.f) * static_cast<float>(full)) : full;
  const int room = full - side;
  int x = r.integer(0, room + 1), y = r.integer(0, room + 1);
  if (room > 0 && part.defective() && r.chance(0.75f)) {  // keep the defect in view
    std::vector<cv::Point> seen;
    cv::findNonZero(part.mask, seen);
    const cv::Point at =
        seen[static_cast<std::size_t>(r.integer(0, static_cast<int>(seen.size())))];
    x = std::clamp(at.x - static_cast<int>(r.uniform(0.1f, 0.9f) * static_cast<float>(side)), 0,
                   room);
    y = std::clamp(at.y - static_cast<int>(r.uniform(0.1f, 0.9f) * static_cast<float>(side)), 0,
                   room);
  }
  return {x, y, side, side};
}

void turn(cv::Mat& mat, int quarters, bool mirrored) {
  constexpr cv::RotateFlags kTurns[] = {cv::ROTATE_90_CLOCKWISE, cv::ROTATE_180,
                                        cv::ROTATE_90_COUNTERCLOCKWISE};
  if (quarters > 0) cv::rotate(mat, mat, kTurns[quarters - 1]);
  if (mirrored) cv::flip(mat, mat, 1);
}

struct View {
  at::Tensor image, mask;
};

/// Colours changed as another lamp, sensor or batch of paint would.
void recolor(Random& r, float gain[3], float offset[3]) {
  const bool inverted = r.chance(0.1f);
  for (int c = 0; c < 3; ++c) {
    gain[c] = inverted ? -1.f : 1.f;
    offset[c] = inverted ? 1.f : 0.f;
  }
  const auto scale = [&](int c, float by, float plus) {
    gain[c] *= by;
    offset[c] = offset[c] * by + plus;
  };
  if (r.chance(0.5f)) {
    const float by = r.uniform(0.6f, 1.4f), plus = r.uniform(-0.15f, 0.15f);
    for (int c = 0; c < 3; ++c) scale(c, by, plus);
  }
  if (r.chance(0.3f))
    for (int c = 0; c < 3; ++c) scale(c, r.uniform(0.7f, 1.3f), 0.f);
}

View view(Random& r, const synth::Part& part, int size) {
  const cv::Rect window = crop(r, part, size);
  cv::Mat image = part.image(window).clone(), mask = part.mask(window).clone();
  const int quarters = r.integer(0, 4);
  const bool mirrored = r.chance(0.5f);
  turn(image, quarters, mirrored);
  turn(mask, quarters, mirrored);
  cv::resize(image, image, {size, size}, 0, 0,
             window.width > size ? cv::INTER_AREA : cv::INTER_CUBIC);
  const int cells = size / 4;
  cv::resize(mask, mask, {cells, cells}, 0, 0, cv::INTER_AREA);

  float gain[3], offset[3];
  recolor(r, gain, offset);
  const int rotate = r.chance(0.2f) ? r.integer(1, 3) : 0;  // channels
  View out{at::empty({3, size, size}), at::empty({cells, cells})};
  float* to = out.image.data_ptr<float>();
  for (int c = 0; c < 3; ++c) {
    const int from = (c + rotate) % 3;
    for (int y = 0; y < size; ++y) {
      const uchar* row = image.ptr<uchar>(y);
      for (int x = 0; x < size; ++x)
        *to++ = (std::clamp(static_cast<float>(row[3 * x + from]) / 255.f * gain[c] + offset[c],
                            0.f, 1.f) -
                 kMean[c]) /
                kDeviation[c];
    }
  }
  float* cell = out.mask.data_ptr<float>();
  for (int y = 0; y < cells; ++y)
    for (int x = 0; x < cells; ++x) *cell++ = static_cast<float>(mask.at<uchar>(y, x)) / 255.f;
  return out;
}

}  // namespace

at::Tensor normalised(const cv::Mat3b& rgb) {
  at::Tensor out = at::empty({3, rgb.rows, rgb.cols});
  float* to = out.data_ptr<float>();
  for (int c = 0; c < 3; ++c)
    for (int y = 0; y < rgb.rows; ++y)
      for (int x = 0; x < rgb.cols; ++x)
        *to++ = (static_cast<float>(rgb(y, x)[c]) / 255.f - kMean[c]) / kDeviation[c];
  return out;
}

std::shared_ptr<const synth::Part> Samples::part(std::int64_t index) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = parts_.find(index); found != parts_.end()) return found->second;
  }
  auto drawn = std::make_shared<const synth::Part>(
      synth::draw_part(settings_, seed_, static_cast<std::uint64_t>(index)));
  const std::lock_guard lock(mutex_);
  parts_.emplace(index, drawn);
  while (parts_.size() > static_cast<std::size_t>(kWindow)) parts_.erase(parts_.begin());
  return drawn;
}

Batch Samples::batch(std::int64_t first, std::int64_t count, int size) {
  std::vector<at::Tensor> images, masks;
  std::vector<std::int64_t> labels, captions;
  for (std::int64_t i = first; i < first + count; ++i) {
    Random r(seed_ ^ 0x5eed, static_cast<std::uint64_t>(i));
    // One new part every `reuse` pictures; the others come from the window behind it.
    const std::int64_t newest = i / reuse_,
                       oldest = std::max<std::int64_t>(0, newest - kWindow + 200);
    const bool fresh = i % reuse_ == 0 || newest == oldest;
    const std::int64_t index =
        fresh ? newest : oldest + r.integer(0, static_cast<int>(newest - oldest));
    const auto drawn = part(index);
    View v = view(r, *drawn, size);
    const bool defective = v.mask.max().item<float>() > 0.2f;
    images.push_back(v.image);
    masks.push_back(v.mask);
    labels.push_back(defective ? 1 : 0);
    captions.push_back(caption_index(*drawn, defective));
  }
  return {at::stack(images), at::stack(masks), at::tensor(labels), at::tensor(captions)};
}

}  // namespace anomalyclip::pretrain
