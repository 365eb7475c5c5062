#pragma once

#include <exception>
#include <memory>
#include <variant>
#include <vector>

#include <ATen/core/Tensor.h>

#include <anomalyclip/result.h>

#include "engine/resolved_recipe.h"
#include "model/graphed_vision.h"
#include "model/vision_transformer.h"

namespace anomalyclip {

/// One preprocessed frame and how to inspect it.
struct PreparedFrame {
  at::Tensor image;                         ///< see prepare_image(), or GpuPreprocessor
  std::shared_ptr<const c10::Event> ready;  ///< null where nothing is still making the image
  ResolvedRecipe recipe;
  Rect covers;  ///< the part of the frame that the image shows
  StageTimings timings;
};

/// Resizes a frame for a model on `device`, in the calling thread and on the CPU: [3, H, W] float32, normalised, where the
/// model runs on the CPU; [H, W, 3] uint8 where the last step is left to a GPU.
at::Tensor prepare_image(const FrameView& frame, const Rect& roi, const Size& size,
                         at::Device device);

/// A result, or why there is none: one bad frame does not take its neighbours along.
using Outcome = std::variant<AnomalyResult, std::exception_ptr>;

/// Steps 5 to 7 of a frame's way, for one frame.
/// @param features  of a batch of one
/// @throws Error kNotFinite
AnomalyResult score_frame(const VisionFeatures& features, const PreparedFrame& frame);

/// What the encoder made of some frames.
struct EncodedBatch {
  VisionFeatures features;
  std::vector<std::int64_t> image_of_frame;  ///< row of the features that belongs to each frame
  double milliseconds = 0;
};

/// Step 3 of a frame's way. Frames that follow each other and share their image are encoded once.
/// @param graphs  of that model; null: launch by launch
/// @param frames  at least one; all `encodes_like` each other
EncodedBatch encode_batch(const VisionTransformer& model, GraphedVision* graphs,
                          const std::vector<const PreparedFrame*>& frames);

/// score_frame() of one frame of a batch. Stateless.
Outcome score_encoded(const EncodedBatch& batch, std::size_t index, const PreparedFrame& frame);

}  // namespace anomalyclip
