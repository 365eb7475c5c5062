#include "image/normalize.h"

#include <ATen/ops/tensor.h>

#include "image/clip_statistics.h"

namespace anomalyclip {
namespace {

at::Tensor per_channel(const std::array<float, 3>& values, at::Device device) {
  return at::tensor(at::ArrayRef<float>(values.data(), 3)).view({3, 1, 1}).to(device);
}

}  // namespace

at::Tensor normalize(const at::Tensor& pixels) {
  const at::Tensor unit = pixels.permute({0, 3, 1, 2}).to(at::kFloat).div(255);
  return unit.sub(per_channel(kClipMean, pixels.device()))
      .div(per_channel(kClipDeviation, pixels.device()))
      .contiguous();
}

}  // namespace anomalyclip
