#include "samples.h"

#include <algorithm>

#include <torch/torch.h>

#include <opencv2/imgproc.hpp>

#include "captions.h"
#include "image/clip_statistics.h"
#include "synth/line_view.h"

namespace anomalyclip::pretrain {

namespace {

using synth::Random;

constexpr int kCell = 6;  ///< pixels of a mask's cell: half a patch

/// Drawn pixels for each pixel of the picture.
constexpr float kClosest = 0.6f, kFarthest = 1.8f;

cv::Rect crop(Random& r, const synth::Part& part, int size) {
  const auto full = static_cast<float>(part.image.rows);
  const float least = std::min(kClosest * static_cast<float>(size) / full, 0.7f),
              most = std::min(kFarthest * static_cast<float>(size) / full, 1.f);
  const int side = static_cast<int>(r.log_uniform(least, most) * full);
  const int room = part.image.rows - side;
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

View view(Random& r, const synth::Part& part, bool twin, const Views& views) {
  const int size = views.size;
  const cv::Rect window = views.whole > 0 && r.chance(views.whole)
                              ? cv::Rect({0, 0}, part.image.size())
                              : crop(r, part, size);
  cv::Mat image = (twin ? part.twin : part.image)(window).clone(),
          mask = twin ? cv::Mat1b(window.size(), static_cast<uchar>(0)) : part.mask(window).clone();
  const int quarters = r.integer(0, 4);
  const bool mirrored = r.chance(0.5f);
  turn(image, quarters, mirrored);
  turn(mask, quarters, mirrored);
  cv::resize(image, image, {size, size}, 0, 0,
             window.width > size ? cv::INTER_AREA : cv::INTER_CUBIC);
  const int cells = size / kCell;
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
                 kClipMean[c]) /
                kClipDeviation[c];
    }
  }
  float* cell = out.mask.data_ptr<float>();
  for (int y = 0; y < cells; ++y)
    for (int x = 0; x < cells; ++x) *cell++ = static_cast<float>(mask.at<uchar>(y, x)) / 255.f;
  return out;
}

}  // namespace

synth::Part Samples::draw(std::int64_t index) const {
  const auto stream = static_cast<std::uint64_t>(index);
  return lines_ && index % kLineEvery == 0 ? synth::draw_line_view(settings_, seed_, stream)
                                           : synth::draw_part(settings_, seed_, stream);
}

at::Tensor Samples::preview(std::int64_t count, int size) const {
  std::vector<at::Tensor> images;
  for (std::int64_t i = 0; i < count; ++i) {
    Random r(seed_ ^ 0x5eed3, static_cast<std::uint64_t>(i));
    images.push_back(view(r, draw(i), false, {size}).image);
  }
  return at::stack(images);
}

std::shared_ptr<const synth::Part> Samples::part(std::int64_t index) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = parts_.find(index); found != parts_.end()) return found->second;
  }
  auto drawn = std::make_shared<const synth::Part>(draw(index));
  const std::lock_guard lock(mutex_);
  parts_.emplace(index, drawn);
  while (parts_.size() > static_cast<std::size_t>(kKept)) parts_.erase(parts_.begin());
  return drawn;
}

/// One new part every `reuse` pictures; the others come from the newest ones.
std::int64_t Samples::pick(std::int64_t picture, std::int64_t reuse) const {
  const std::int64_t newest = picture / reuse,
                     oldest = std::max<std::int64_t>(0, newest - kKept + 200);
  if (picture % reuse == 0 || newest == oldest) return newest;
  Random r(seed_ ^ 0x5eed, static_cast<std::uint64_t>(picture));
  return oldest + r.integer(0, static_cast<int>(newest - oldest));
}

Batch Samples::batch(std::int64_t first, std::int64_t count, const Views& views) {
  std::vector<at::Tensor> images, masks;
  std::vector<std::int64_t> labels, captions;
  for (std::int64_t i = first; i < first + count; ++i) {
    // A twin shows what the picture before it shows, without the defect: what else is odd there is none.
    const std::int64_t shown = i % kTwinEvery == kTwinEvery - 1 ? i - 1 : i;
    const auto drawn = part(pick(shown, views.reuse));
    const bool twin = shown != i && drawn->defective();
    Random r(seed_ ^ 0x5eed2, static_cast<std::uint64_t>(twin ? shown : i));
    View v = view(r, *drawn, twin, views);
    const bool defective = v.mask.max().item<float>() > 0.2f;
    images.push_back(v.image);
    masks.push_back(v.mask);
    labels.push_back(defective ? 1 : 0);
    captions.push_back(caption_index(*drawn, defective));
  }
  return {at::stack(images), at::stack(masks), at::tensor(labels), at::tensor(captions)};
}

}  // namespace anomalyclip::pretrain
