#pragma once

#include "towers.h"

namespace anomalyclip::pretrain {

/// A batch to learn from.
struct Batch {
  at::Tensor images;    ///< [B, 3, S, S] float32, CLIP-normalised
  at::Tensor masks;     ///< [B, G, G] float32: share of each cell that is defective
  at::Tensor labels;    ///< [B] int64: 1 defective
  at::Tensor captions;  ///< [B] int64: row of the caption table
};

/// The captions and prompts as tokens.
struct Texts {
  at::Tensor prompt_ids, prompt_eot;    ///< [2, T], [2]
  at::Tensor caption_ids, caption_eot;  ///< [N, T], [N]
};

struct LossWeights {
  float local = 1.f, global = 0.5f, peak = 0.25f, caption = 0.1f;
};

struct Losses {
  at::Tensor total;
  float local = 0, global = 0, peak = 0, caption = 0;
};

/// Probability of "abnormal" [B, g, g] for each tapped layer; float32.
std::vector<at::Tensor> anomaly_grids(const ImageFeatures& features,
                                      const at::Tensor& text_features);

/// Probability of "abnormal" [B] from the global feature.
at::Tensor anomaly_scores(const ImageFeatures& features, const at::Tensor& text_features);

/// Paper section 3.3 in spirit: a global term, and local terms on the map of every tapped layer. Focal loss is
/// replaced by cross-entropy with heavier positives and dice is taken over the whole batch, so that pictures without
/// a defect teach too; a term on the highest value of the mean map keeps single cells of good parts low, which is what
/// the image score from the map is taken from; a small contrastive term gives the text tower words. Computed in float32: in bfloat16 a
/// probability next to 1 rounds to 1, and its logarithm is lost.
Losses losses(const Tensors& weights, const Shape& shape, const Texts& texts, const Batch& batch,
              const LossWeights& share);

}  // namespace anomalyclip::pretrain
