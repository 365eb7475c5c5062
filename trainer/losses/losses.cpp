#include "losses/losses.h"

#include <cmath>

#include <torch/torch.h>

namespace anomalyclip::trainer {
namespace {

constexpr double kSmooth = 1e-5;

}  // namespace

at::Tensor global_loss(const at::Tensor& logits, const at::Tensor& labels) {
  return -at::log_sigmoid(at::where(labels == 1, logits, -logits));
}

at::Tensor upsampled(const at::Tensor& probabilities, std::int64_t size) {
  const auto side = std::llround(std::sqrt(static_cast<double>(probabilities.size(1))));
  const at::Tensor grids =  // [B, 2, side, side]
      probabilities.transpose(1, 2).unflatten(2, {side, side});
  return at::upsample_bilinear2d(grids, {size, size}, /*align_corners=*/false);
}

at::Tensor focal_loss(const at::Tensor& probabilities, const at::Tensor& masks) {
  const at::Tensor normal = probabilities.select(1, 0), abnormal = probabilities.select(1, 1);
  const at::Tensor anomalous = masks > 0.5;
  const at::Tensor right = at::where(anomalous, abnormal, normal),
                   wrong = at::where(anomalous, normal, abnormal);
  const at::Tensor p = right * (1 - kSmooth) + wrong * kSmooth + kSmooth;  // [B, S, S]
  return ((1 - p).square() * p.log()).mean({1, 2}).neg();
}

at::Tensor dice_loss(const at::Tensor& probability, const at::Tensor& masks) {
  const at::Tensor overlap = (probability * masks).sum({1, 2});
  return 1 - (2 * overlap + 1) / (probability.sum({1, 2}) + masks.sum({1, 2}) + 1);
}

}  // namespace anomalyclip::trainer
