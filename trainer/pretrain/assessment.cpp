#include "assessment.h"

#include <algorithm>
#include <functional>

#include <torch/torch.h>

#include <opencv2/imgproc.hpp>

#include "metrics/auroc.h"
#include "saliency/saliency.h"
#include "scoring/image_score.h"
#include "synth/line_video.h"
#include "synth/line_view.h"

namespace anomalyclip::pretrain {

namespace {

constexpr int kLineSize = 384;  // pixels of a belt's picture
constexpr int kGrid = 128;      // pixel scores are compared on maps of this size
constexpr ScoreMode kModes[] = {ScoreMode::kGlobal, ScoreMode::kMap, ScoreMode::kMean};

/// Scores and truths of one method over many parts.
struct Ledger {
  std::vector<float> pixels, images;

  void add(const cv::Mat1f& map, float image) {
    cv::Mat1f small;
    cv::resize(map, small, {kGrid, kGrid}, 0, 0, cv::INTER_AREA);
    pixels.insert(pixels.end(), small.begin(), small.end());
    images.push_back(image);
  }
};

float largest(const cv::Mat1f& map) {
  double out = 0;
  cv::minMaxLoc(map, nullptr, &out);
  return static_cast<float>(out);
}

cv::Mat1f as_plane(const AnomalyMap& map) {
  return cv::Mat1f(map.height, map.width, const_cast<float*>(map.values.data())).clone();
}

synth::Part draw(Subject subject, const synth::Repertoire& repertoire, std::uint64_t seed,
                 int index) {
  synth::PartSettings settings;
  settings.repertoire = repertoire;
  const auto stream = static_cast<std::uint64_t>(index);
  if (subject == Subject::kParts) return synth::draw_part(settings, seed, stream);
  settings.size = kLineSize;
  return synth::draw_line_view(settings, seed, stream);
}

/// A part of its own product on a belt of its own, in the middle of the camera's view.
cv::Mat3b good_part(std::uint64_t seed) {
  constexpr int kSide =
      360;  // pixels: a part's size and a little more, as pipelines/demo.sh has it
  synth::LineSettings settings;
  settings.seconds = 1.0 / settings.fps;
  settings.seed = seed;
  settings.defect_share = 0;
  settings.products = 1;
  const cv::Rect middle((settings.width - kSide) / 2, (settings.height - kSide) / 2, kSide, kSide);
  return synth::Line(settings).frame(0)(middle);
}

}  // namespace

Inspection inspect(Engine& engine, const std::shared_ptr<const Prompts>& prompts,
                   const cv::Mat3b& picture) {
  FrameView frame;
  frame.format = PixelFormat::kRGB;
  frame.width = picture.cols;
  frame.height = picture.rows;
  frame.planes[0] = picture.data;
  frame.strides[0] = static_cast<std::ptrdiff_t>(picture.step);
  Recipe recipe;
  recipe.prompts = prompts;
  recipe.score = ScoreMode::kGlobal;
  const AnomalyResult result = engine.inspect(frame, recipe);
  Inspection out;
  out.global = result.score;
  out.anomaly_map = *result.map;
  const at::Tensor map = at::from_blob(out.anomaly_map.values.data(),
                                       {1, out.anomaly_map.height, out.anomaly_map.width});
  out.map = map_score(map).item<float>();
  out.peak = map.max().item<float>();
  return out;
}

Assessment assess(Engine& engine, const std::shared_ptr<const Prompts>& prompts, Subject subject,
                  int count, std::uint64_t seed) {
  const synth::Repertoire kinds = synth::held_out_kinds();
  std::vector<std::uint8_t> truth_pixels, truth_images;
  std::vector<Ledger> saliency(saliency::methods().size());
  Ledger model;
  std::vector<float> scores[3];
  for (int i = 0; i < count; ++i) {
    const synth::Part part = draw(subject, kinds, seed, i);
    cv::Mat1b mask;
    cv::resize(part.mask, mask, {kGrid, kGrid}, 0, 0, cv::INTER_AREA);
    for (const uchar m : mask) truth_pixels.push_back(m >= 128 ? 1 : 0);
    truth_images.push_back(part.defective() ? 1 : 0);
    const Inspection seen = inspect(engine, prompts, part.image);
    model.add(as_plane(seen.anomaly_map), 0);
    for (std::size_t m = 0; m < 3; ++m) scores[m].push_back(seen.score(kModes[m]));
    for (std::size_t m = 0; m < saliency.size(); ++m) {
      const cv::Mat1f map = saliency::methods()[m].map(part.image);
      saliency[m].add(map, largest(map));
    }
  }
  Assessment out;
  out.pictures = count;
  out.good = static_cast<int>(std::count(truth_images.begin(), truth_images.end(), 0));
  const double pixel = metrics::auroc(model.pixels, truth_pixels);
  for (const bool own : {true, false})
    for (std::size_t m = 0; m < 3; ++m)
      if ((kModes[m] == prompts->score) == own)
        out.rows.push_back({std::string("demo model, score ") + to_string(kModes[m]), pixel,
                            metrics::auroc(scores[m], truth_images)});
  for (std::size_t m = 0; m < saliency.size(); ++m)
    out.rows.push_back({saliency::methods()[m].name,
                        metrics::auroc(saliency[m].pixels, truth_pixels),
                        metrics::auroc(saliency[m].images, truth_images)});
  return out;
}

ScoreMode best_score_mode(Engine& engine, const std::shared_ptr<const Prompts>& prompts,
                          Subject subject, int count, std::uint64_t seed) {
  const synth::Repertoire kinds = synth::training_kinds();
  std::vector<std::uint8_t> truth;
  std::vector<float> scores[3];
  for (int i = 0; i < count; ++i) {
    const synth::Part part = draw(subject, kinds, seed, i);
    truth.push_back(part.defective() ? 1 : 0);
    const Inspection seen = inspect(engine, prompts, part.image);
    for (std::size_t m = 0; m < 3; ++m) scores[m].push_back(seen.score(kModes[m]));
  }
  std::size_t best = 0;
  for (std::size_t m = 1; m < 3; ++m)
    if (metrics::auroc(scores[m], truth) > metrics::auroc(scores[best], truth)) best = m;
  return kModes[best];
}

double threshold_for(std::vector<float> scores, int rejects) {
  std::sort(scores.begin(), scores.end(), std::greater<>());
  const auto k = static_cast<std::size_t>(rejects);
  if (k >= scores.size()) return 0;
  const double accepted = scores[k], rejected = k == 0 ? 1.0 : scores[k - 1];
  return rejected > accepted ? (accepted + rejected) / 2
                             : std::nextafter(static_cast<float>(accepted), 2.f);
}

Thresholds calibrate(Engine& engine, const std::shared_ptr<const Prompts>& prompts, int count,
                     std::uint64_t seed) {
  std::vector<float> scores, peaks;
  for (int i = 0; i < count; ++i) {
    const Inspection seen =
        inspect(engine, prompts, good_part(seed + static_cast<std::uint64_t>(i)));
    scores.push_back(seen.score(prompts->score));
    peaks.push_back(seen.peak);
  }
  Thresholds out{threshold_for(scores, count / 200), threshold_for(peaks, count / 50), count, 0, 0};
  for (const float s : scores) out.image_rejects += s >= out.image ? 1 : 0;
  for (const float p : peaks) out.pixel_rejects += p >= out.pixel ? 1 : 0;
  return out;
}

}  // namespace anomalyclip::pretrain
