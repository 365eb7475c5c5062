#include "engine/batch_inspector.h"

#include <chrono>
#include <cmath>

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/stack.h>

#include <anomalyclip/error.h>

#include "image/normalize.h"
#include "image/preprocess.h"
#include "scoring/anomaly_map.h"
#include "scoring/image_score.h"
#include "scoring/regions.h"
#include "scoring/similarity.h"

namespace anomalyclip {
namespace {

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

/// [B, 3, S, S] float32 on the model's device.
at::Tensor model_input(const std::vector<const PreparedFrame*>& frames, at::Device device) {
  std::vector<at::Tensor> images;
  images.reserve(frames.size());
  for (const PreparedFrame* frame : frames) images.push_back(frame->image);
  const at::Tensor batch = at::stack(images).to(device);
  return batch.scalar_type() == at::kByte ? normalize(batch) : batch;
}

at::Tensor text_tensor(const Prompts& prompts, at::Device device) {
  // Borrowed: the prompts outlive the frame that holds them.
  auto* rows = const_cast<float*>(prompts.text_features.data());
  return at::from_blob(rows, {2, prompts.embed_dim()}, at::kFloat).to(device);
}

/// The features of frame `index` alone, as a batch of one.
VisionFeatures slice(const VisionFeatures& batch, std::int64_t index) {
  VisionFeatures one;
  if (batch.global.defined()) one.global = batch.global.narrow(0, index, 1);
  for (const auto& ensemble : batch.patches) {
    auto& sliced = one.patches.emplace_back();
    for (const at::Tensor& features : ensemble) sliced.push_back(features.narrow(0, index, 1));
  }
  return one;
}

void require_finite(double value, const char* what) {
  if (!std::isfinite(value))
    throw Error(ErrorCode::kNotFinite, std::string(what) +
                                           " of this frame is not a number: there is no verdict; "
                                           "look at the model's weights and at the precision");
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

/// [1, S, S]: the probabilities of each tapped layer, class token dropped, upsampled and smoothed.
at::Tensor map_tensor(const VisionFeatures& features, const at::Tensor& text,
                      const ResolvedRecipe& recipe) {
  std::vector<at::Tensor> layers;
  for (const auto& ensemble : features.patches) {
    std::vector<at::Tensor> patches;
    for (const at::Tensor& tokens : ensemble)
      patches.push_back(tokens.narrow(1, 1, tokens.size(1) - 1));
    layers.push_back(similarity(patches, text, recipe.prompts->temperature));
    // The upsampled map would spread one NaN without naming its layer; there are few probabilities to look at.
    require_finite(layers.back().sum().item<double>(), "the anomaly map");
  }
  return anomaly_map(layers, recipe.image_size, recipe.prompts->sigma);
}

Verdict verdict_of(double score, const std::optional<double>& threshold) {
  if (!threshold) return Verdict::kUnknown;
  return score >= *threshold ? Verdict::kAnomalous : Verdict::kNormal;
}

}  // namespace

at::Tensor prepare_image(const FrameView& frame, const Rect& roi, int size, at::Device device) {
  if (device.is_cuda()) {
    at::Tensor pixels = at::empty({size, size, 3}, at::kByte);
    preprocess_pixels(frame, roi, size, pixels.mutable_data_ptr<std::uint8_t>());
    return pixels;
  }
  at::Tensor image = at::empty({3, size, size}, at::kFloat);
  preprocess(frame, roi, size, image.mutable_data_ptr<float>());
  return image;
}

AnomalyResult score_frame(const VisionFeatures& features, const PreparedFrame& frame) {
  const ResolvedRecipe& recipe = frame.recipe;
  AnomalyResult result;
  result.threshold = recipe.threshold;
  result.pixel_threshold = recipe.pixel_threshold;
  result.timings = frame.timings;
  Stopwatch watch;

  const at::Device device =
      features.global.defined() ? features.global.device() : features.patches[0][0].device();
  const at::Tensor text = text_tensor(*recipe.prompts, device);
  const at::Tensor map = recipe.need_map ? map_tensor(features, text, recipe) : at::Tensor();
  result.timings.map = watch.lap();

  result.score = image_score(recipe.score, features.global, text, recipe.prompts->temperature, map)
                     .item<float>();
  require_finite(result.score, "the score");
  result.verdict = verdict_of(result.score, recipe.threshold);
  result.timings.score = watch.lap();

  if (recipe.need_map) {
    std::shared_ptr<const AnomalyMap> host = to_anomaly_map(map[0], frame.covers);
    if (recipe.pixel_threshold)
      result.regions = find_regions(host->values.data(), host->width, host->height,
                                    *recipe.pixel_threshold, frame.covers);
    if (recipe.want_map) result.map = std::move(host);
  }
  result.timings.regions = watch.lap();
  return result;
}

std::vector<Outcome> inspect_batch(const VisionTransformer& model,
                                   const std::vector<const PreparedFrame*>& frames) {
  Stopwatch watch;
  const VisionFeatures features =
      model.forward(model_input(frames, model.device()), frames[0]->recipe.vision);
  const double encode = watch.lap();

  std::vector<Outcome> outcomes;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    try {
      AnomalyResult result = score_frame(slice(features, static_cast<std::int64_t>(i)), *frames[i]);
      result.timings.encode = encode;
      outcomes.emplace_back(std::move(result));
    } catch (...) {
      outcomes.emplace_back(std::current_exception());
    }
  }
  return outcomes;
}

}  // namespace anomalyclip
