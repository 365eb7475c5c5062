#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace anomalyclip::trainer {

// The parts of the paper's glocal loss (section 3.3), each for every sample of a batch, so that processes that share
// a batch can sum theirs. Probabilities come from similarity(): 0 normal, 1 abnormal.

/// Cross-entropy of the image's two logits. Of logits, for CoOp's temperature makes probabilities that are 0 in float32.
/// @param logits  [B] as logit_difference() gives them: that of "abnormal" less that of "normal"
/// @param labels  [B] int64: 1 anomalous
/// @returns [B]
at::Tensor global_loss(const at::Tensor& logits, const at::Tensor& labels);

/// The patches' probabilities as large as the mask: bilinear, corners not aligned, probabilities and not logits, as the
/// reference implementation does it.
/// @param probabilities  [B, P, 2], P a square
/// @returns [B, 2, size, size]
at::Tensor upsampled(const at::Tensor& probabilities, std::int64_t size);

/// -(1 - p)^2 log p of the true class's probability p, mean over pixels. As the reference implementation has it, the
/// true class is smoothed by 1e-5 and 1e-5 is added to p.
/// @param probabilities  [B, 2, S, S]
/// @param masks          [B, S, S], 0 or 1
/// @returns [B]
at::Tensor focal_loss(const at::Tensor& probabilities, const at::Tensor& masks);

/// 1 - (2 sum(p m) + 1) / (sum(p) + sum(m) + 1), sums over pixels.
/// @param probability, masks  [B, S, S]
/// @returns [B]
at::Tensor dice_loss(const at::Tensor& probability, const at::Tensor& masks);

}  // namespace anomalyclip::trainer
