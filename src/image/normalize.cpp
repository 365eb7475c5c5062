#include "image/normalize.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>
#include <c10/core/DeviceGuard.h>

#include "image/clip_statistics.h"

namespace anomalyclip {
namespace {

at::Tensor per_channel(const std::array<float, 3>& values, at::Device device) {
  return at::tensor(at::ArrayRef<float>(values.data(), 3)).view({3, 1, 1}).to(device);
}

at::Tensor normalize_with_torch(const at::Tensor& pixels) {
  const at::Tensor unit = pixels.permute({0, 3, 1, 2}).to(at::kFloat).div(255);
  return unit.sub(per_channel(kClipMean, pixels.device()))
      .div(per_channel(kClipDeviation, pixels.device()));
}

}  // namespace

at::Tensor normalize(const at::Tensor& pixels) {
  if (pixels.is_cuda() && pixels.size(1) == pixels.size(2)) {
    const c10::DeviceGuard guard(pixels.device());
    at::Tensor out = at::empty({pixels.size(0), 3, pixels.size(1), pixels.size(2)},
                               pixels.options().dtype(at::kFloat));
    if (normalize_cuda(pixels.const_data_ptr<std::uint8_t>(), pixels.size(0), pixels.size(1),
                       out.mutable_data_ptr<float>()))
      return out;
  }
  return normalize_with_torch(pixels).contiguous();
}

}  // namespace anomalyclip
