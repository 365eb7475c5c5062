#include "model/float8.h"

#include <limits>
#include <optional>
#include <vector>

#include <ATen/ops/_scaled_mm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/linear.h>
#include <c10/core/DeviceGuard.h>

#include "core/cuda_launch.h"
#include "model/float8_cuda.h"
#include "model/float8_element.h"

namespace anomalyclip {
namespace {

std::optional<at::Tensor> optional(const at::Tensor& bias) {
  return bias.defined() ? std::optional<at::Tensor>(bias) : std::nullopt;
}

at::Tensor restored(const Float8Rows& rows) {
  return rows.numbers.to(at::kFloat) * rows.scale;
}

/// libtorch 2.11's operator knows no scales of rows on a CPU.
at::Tensor multiply_on_cpu(const Float8Rows& x, const Float8Rows& weight, const at::Tensor& bias) {
  const std::optional<at::Tensor> exact_bias =
      optional(bias.defined() ? bias.to(at::kFloat) : at::Tensor());
  return at::linear(restored(x), restored(weight), exact_bias).to(at::kBFloat16);
}

/// Without use_fast_accum, which leaves longer sums to the tensor cores; they keep fewer bits than float32's.
at::Tensor multiply_on_cuda(const Float8Rows& x, const Float8Rows& weight, const at::Tensor& bias) {
  return at::_scaled_mm(x.numbers, weight.numbers.t(), x.scale, weight.scale.t(), optional(bias),
                        /*scale_result=*/{}, at::kBFloat16, /*use_fast_accum=*/false);
}

/// In one launch; libtorch's operators take five, and write the row in float32 between them.
Float8Rows round_on_cuda(const at::Tensor& rows) {
  const c10::DeviceGuard guard(rows.device());
  const at::Tensor x = rows.contiguous();
  const Float8Rows result{at::empty(x.sizes(), x.options().dtype(at::kFloat8_e4m3fn)),
                          at::empty({x.size(0), 1}, x.options().dtype(at::kFloat))};
  const AnyRoundRowsJob job{.x = x.const_data_ptr(),
                            .numbers = result.numbers.mutable_data_ptr(),
                            .scale = result.scale.mutable_data_ptr<float>(),
                            .rows = x.size(0),
                            .width = static_cast<std::int32_t>(x.size(1))};
  require_launched(round_rows_cuda(job, current_cuda_stream(x.device())),
                   "the rounding to 8-bit floats");
  return result;
}

}  // namespace

Float8Rows to_float8(const at::Tensor& x) {
  if (kernels_take(x) && x.scalar_type() == at::kBFloat16) return round_on_cuda(x);
  const at::Tensor largest =
      at::linalg_vector_norm(x, std::numeric_limits<double>::infinity(), {-1},
                             /*keepdim=*/true, at::kFloat);  // [rows, 1]
  const at::Tensor scale = largest.div(kLargestFloat8).clamp_min_(kLeastFloat8Scale);
  return {x.div(scale).to(at::kFloat8_e4m3fn).contiguous(), scale};
}

at::Tensor float8_linear(const at::Tensor& x, const Float8Rows& weight, const at::Tensor& bias) {
  const Float8Rows tokens = to_float8(x.flatten(0, -2));  // [all tokens, in]
  const at::Tensor product =
      x.is_cuda() ? multiply_on_cuda(tokens, weight, bias) : multiply_on_cpu(tokens, weight, bias);
  std::vector<std::int64_t> sizes = x.sizes().vec();
  sizes.back() = weight.numbers.size(0);
  return product.view(sizes);
}

at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& scale,
                  const at::Tensor& bias) {
  return scale.defined() ? float8_linear(x, {weight, scale}, bias)
                         : at::linear(x, weight, optional(bias));
}

}  // namespace anomalyclip
