#pragma once

#include <exception>
#include <variant>
#include <vector>

#include <ATen/core/Tensor.h>

#include <anomalyclip/result.h>

#include "engine/resolved_recipe.h"
#include "model/vision_transformer.h"

namespace anomalyclip {

/// One preprocessed frame and how to inspect it.
struct PreparedFrame {
  at::Tensor image;  ///< see prepare_image()
  ResolvedRecipe recipe;
  Rect covers;  ///< the part of the frame that the image shows
  StageTimings timings;
};

/// Resizes a frame for a model on `device`, in the calling thread: [3, S, S] float32, normalised, where the model runs
/// on the CPU; [S, S, 3] uint8 where the last step is left to the GPU.
at::Tensor prepare_image(const FrameView& frame, const Rect& roi, int size, at::Device device);

/// A result, or why there is none: one bad frame does not take its neighbours along.
using Outcome = std::variant<AnomalyResult, std::exception_ptr>;

/// Steps 5 to 7 of a frame's way, for one frame.
/// @param features  of a batch of one
/// @throws Error kNotFinite
AnomalyResult score_frame(const VisionFeatures& features, const PreparedFrame& frame);

/// Steps 3 to 7 of a frame's way: encode once, then score each frame with its own prompts. Stateless.
/// @param frames  at least one; all `encodes_like` each other
std::vector<Outcome> inspect_batch(const VisionTransformer& model,
                                   const std::vector<const PreparedFrame*>& frames);

}  // namespace anomalyclip
