#include "engine/batch_inspector.h"

#include <algorithm>
#include <chrono>

#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>

#include "engine/finite_scores.h"
#include "engine/method_scores.h"
#include "image/gpu_preprocess.h"
#include "image/normalize.h"
#include "image/preprocess.h"
#include "model/cpu/threads.h"
#include "scoring/gpu_regions.h"
#include "scoring/image_score.h"
#include "scoring/regions.h"

namespace anomalyclip {
namespace {

/// Rows that a band of an image has at least: neighbours convert and resize some of the frame's rows both.
constexpr int kLeastBandRows = 32;
/// About what preprocessing takes for a pixel of the frame, and for one of the image.
constexpr double kPixelMicroseconds = 0.0015;

class Stopwatch {
 public:
  /// Milliseconds since the last call, or since construction.
  double lap() {
    const auto now = std::chrono::steady_clock::now();
    const double elapsed = std::chrono::duration<double, std::milli>(now - last_).count();
    last_ = now;
    return elapsed;
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

/// The images of some frames, each once: several recipes for one frame share its image.
struct DistinctImages {
  std::vector<at::Tensor> images;      ///< which the current stream may read
  std::vector<std::int64_t> of_frame;  ///< which image each frame has

  explicit DistinctImages(const std::vector<const PreparedFrame*>& frames) {
    for (const PreparedFrame* frame : frames) {
      if (images.empty() || !frame->image.is_same(images.back())) {
        if (frame->ready) wait_for({frame->image, frame->ready});
        images.push_back(frame->image);
      }
      of_frame.push_back(static_cast<std::int64_t>(images.size()) - 1);
    }
  }
};

/// [B, 3, H, W] float32 on the model's device.
at::Tensor model_input(const std::vector<at::Tensor>& images, at::Device device) {
  const at::Tensor together = images.size() == 1 ? images[0].unsqueeze(0) : at::stack(images);
  const at::Tensor batch = together.to(device);
  return batch.scalar_type() == at::kByte ? normalize(batch) : batch;
}

/// The features of frame `index` alone, as a batch of one.
VisionFeatures slice(const VisionFeatures& batch, std::int64_t index) {
  VisionFeatures one;
  if (batch.global.defined()) one.global = batch.global.narrow(0, index, 1);
  for (const auto& ensemble : batch.patches) {
    auto& sliced = one.patches.emplace_back();
    for (const at::Tensor& features : ensemble) sliced.push_back(features.narrow(0, index, 1));
  }
  for (const at::Tensor& windows : batch.windows)
    one.windows.push_back(windows.narrow(0, index, 1));
  return one;
}

std::shared_ptr<const AnomalyMap> to_anomaly_map(const at::Tensor& map, const Rect& covers) {
  const at::Tensor values = map.to(at::kCPU, at::kFloat).contiguous();
  auto result = std::make_shared<AnomalyMap>();
  result->height = static_cast<int>(values.size(0));
  result->width = static_cast<int>(values.size(1));
  result->values.assign(values.const_data_ptr<float>(),
                        values.const_data_ptr<float>() + values.numel());
  result->covers = covers;
  return result;
}

/// Where the map lies, if that can be.
/// @param map  [height, width]
std::vector<Region> regions_of(const at::Tensor& map, double pixel_threshold, const Rect& covers) {
  if (auto regions = gpu_regions(map, pixel_threshold, covers)) return *std::move(regions);
  const at::Tensor values = map.to(at::kCPU, at::kFloat).contiguous();
  return find_regions(values.const_data_ptr<float>(), static_cast<int>(map.size(1)),
                      static_cast<int>(map.size(0)), pixel_threshold, covers);
}

MethodScores method_scores(const VisionFeatures& features, const ResolvedRecipe& recipe) {
  switch (recipe.scoring) {
    case Scoring::kWindows:
      return score_by_windows(features, recipe);
    case Scoring::kAdapters:
      return score_by_adapters(features, recipe);
    case Scoring::kText:
      break;
  }
  return score_by_text(features, recipe);
}

/// preprocess(), by all threads.
void preprocess_in_bands(const FrameView& frame, const Rect& roi, const Size& size, float* out) {
  const auto height = static_cast<int>(size.height);
  const int bands = std::clamp(height / kLeastBandRows, 1, cpu::threads_for_tasks());
  const double microseconds = kPixelMicroseconds * (static_cast<double>(roi.width) * roi.height +
                                                    static_cast<double>(size.area()));
  cpu::run_tasks(
      cpu::Unit::kNone, bands, microseconds,
      [&](int band) {
        preprocess_rows(frame, roi, size, height * band / bands, height * (band + 1) / bands, out);
      },
      cpu::Share::kApart);
}

Verdict verdict_of(double score, const std::optional<double>& threshold) {
  if (!threshold) return Verdict::kUnknown;
  return score >= *threshold ? Verdict::kAnomalous : Verdict::kNormal;
}

}  // namespace

at::Tensor prepare_image(const FrameView& frame, const Rect& roi, const Size& size,
                         at::Device device) {
  if (device.is_cuda()) {
    at::Tensor pixels = at::empty({size.height, size.width, 3}, at::kByte);
    preprocess_pixels(frame, roi, size, pixels.mutable_data_ptr<std::uint8_t>());
    return pixels;
  }
  at::Tensor image = at::empty({3, size.height, size.width}, at::kFloat);
  preprocess_in_bands(frame, roi, size, image.mutable_data_ptr<float>());
  return image;
}

AnomalyResult score_frame(const VisionFeatures& features, const PreparedFrame& frame) {
  const ResolvedRecipe& recipe = frame.recipe;
  AnomalyResult result;
  result.threshold = recipe.threshold;
  result.pixel_threshold = recipe.pixel_threshold;
  result.timings = frame.timings;
  Stopwatch watch;

  const MethodScores scores = method_scores(features, recipe);
  if (recipe.need_map) result.timings.map = watch.lap();

  result.score = image_score(recipe.score, scores.image, scores.map).item<float>();
  require_finite(result.score, "the score");
  result.verdict = verdict_of(result.score, recipe.threshold);
  result.timings.score = watch.lap();

  if (recipe.need_map) {
    if (recipe.want_map) result.map = to_anomaly_map(scores.map[0], frame.covers);
    if (recipe.pixel_threshold)
      result.regions = regions_of(scores.map[0], *recipe.pixel_threshold, frame.covers);
  }
  result.timings.regions = watch.lap();
  return result;
}

EncodedBatch encode_batch(const VisionTransformer& model, GraphedVision* graphs,
                          const std::vector<const PreparedFrame*>& frames) {
  Stopwatch watch;
  DistinctImages distinct(frames);
  EncodedBatch batch;
  const at::Tensor images = model_input(distinct.images, model.device());
  const VisionRequest& request = frames[0]->recipe.vision;
  batch.features = graphs ? graphs->forward(images, request) : model.forward(images, request);
  batch.image_of_frame = std::move(distinct.of_frame);
  batch.milliseconds = watch.lap();
  return batch;
}

Outcome score_encoded(const EncodedBatch& batch, std::size_t index,
                      const PreparedFrame& frame) try {
  AnomalyResult result = score_frame(slice(batch.features, batch.image_of_frame[index]), frame);
  result.timings.encode = batch.milliseconds;
  return result;
} catch (...) {
  return std::current_exception();
}

}  // namespace anomalyclip
