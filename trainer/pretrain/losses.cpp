#include "losses.h"

#include <cmath>

#include <torch/torch.h>

namespace anomalyclip::pretrain {

namespace {

constexpr double kPositiveWeight = 4, kCrossEntropyWeight = 4;

at::Tensor unit(const at::Tensor& rows) {
  const at::Tensor x = rows.to(at::kFloat);
  return x / x.norm(2, -1, true).clamp_min(1e-6);
}

at::Tensor local_loss(const std::vector<at::Tensor>& grids, const at::Tensor& masks) {
  const at::Tensor target = (masks * 1.5).clamp_max(1);
  at::Tensor sum = at::zeros({});
  for (const at::Tensor& grid : grids) {
    const at::Tensor p =
        at::upsample_bilinear2d(grid.unsqueeze(1), {masks.size(1), masks.size(2)}, false)
            .squeeze(1)
            .clamp(1e-5, 1 - 1e-5);
    const at::Tensor entropy =
        -(target * p.log() * kPositiveWeight + (1 - target) * (1 - p).log()).mean();
    const at::Tensor dice = 1 - (2 * (p * target).sum() + 1) / (p.sum() + target.sum() + 1);
    sum = sum + kCrossEntropyWeight * entropy + dice;
  }
  return sum / static_cast<double>(grids.size());
}

/// Whether the highest value of the mean map says that there is a defect.
at::Tensor peak_loss(const std::vector<at::Tensor>& grids, const at::Tensor& labels) {
  at::Tensor sum = grids[0];
  for (std::size_t i = 1; i < grids.size(); ++i) sum = sum + grids[i];
  const at::Tensor peak =
      (sum / static_cast<double>(grids.size())).flatten(1).amax(1).clamp(1e-5, 1 - 1e-5);
  return at::binary_cross_entropy(peak, labels.to(at::kFloat));
}

at::Tensor caption_loss(const Tensors& weights, const Shape& shape, const Texts& texts,
                        const Batch& batch, const ImageFeatures& features) {
  const auto [unique, inverse, counts] = at::unique_dim(batch.captions, 0, true, true);
  const at::Tensor ids = texts.caption_ids.index_select(0, unique);
  const at::Tensor tokens = at::embedding(weights.at("token_embedding.weight"), ids);
  const at::Tensor text =
      unit(encode_tokens(weights, shape, tokens, texts.caption_eot.index_select(0, unique)));
  const at::Tensor scale = weights.at("logit_scale").exp().clamp_max(100);
  return at::cross_entropy_loss(at::matmul(unit(features.caption), text.t()) * scale, inverse);
}

}  // namespace

std::vector<at::Tensor> anomaly_grids(const ImageFeatures& features,
                                      const at::Tensor& text_features) {
  std::vector<at::Tensor> out;
  for (const at::Tensor& patches : features.patches) {
    const at::Tensor p =
        at::softmax(at::matmul(unit(patches), text_features.t()) / kTemperature, -1).select(-1, 1);
    const auto side =
        static_cast<std::int64_t>(std::lround(std::sqrt(static_cast<double>(p.size(1)))));
    out.push_back(p.reshape({p.size(0), side, side}));
  }
  return out;
}

at::Tensor anomaly_scores(const ImageFeatures& features, const at::Tensor& text_features) {
  return at::softmax(at::matmul(unit(features.global), text_features.t()) / kTemperature, -1)
      .select(-1, 1);
}

Losses losses(const Tensors& weights, const Shape& shape, const Texts& texts, const Batch& batch,
              const LossWeights& share) {
  const ImageFeatures features = encode_images(weights, shape, batch.images.to(at::kBFloat16));
  const at::Tensor text = encode_prompts(weights, shape, texts.prompt_ids, texts.prompt_eot);
  const std::vector<at::Tensor> grids = anomaly_grids(features, text);
  const at::Tensor local = local_loss(grids, batch.masks);
  const at::Tensor peak = peak_loss(grids, batch.labels);
  const at::Tensor global = at::cross_entropy_loss(
      at::matmul(unit(features.global), text.t()) / kTemperature, batch.labels);
  const at::Tensor caption = caption_loss(weights, shape, texts, batch, features);
  return {share.local * local + share.global * global + share.peak * peak + share.caption * caption,
          local.item<float>(), global.item<float>(), peak.item<float>(), caption.item<float>()};
}

}  // namespace anomalyclip::pretrain
