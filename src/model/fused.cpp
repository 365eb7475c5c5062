#include "model/fused.h"

#include <ATen/ops/empty.h>
#include <c10/core/DeviceGuard.h>

#include "core/cuda_launch.h"
#include "model/fused_cuda.h"

namespace anomalyclip {
namespace {

FusedStorage storage_of(at::ScalarType dtype) {
  if (dtype == at::kHalf) return FusedStorage::kHalf;
  return dtype == at::kBFloat16 ? FusedStorage::kBFloat16 : FusedStorage::kFloat;
}

/// Its rows at a constant distance: all tokens, or one of each image.
at::Tensor with_even_rows(const at::Tensor& x) {
  const bool even = x.size(1) == 1 || x.size(0) == 1 || x.stride(0) == x.size(1) * x.stride(1);
  const bool aligned = x.stride(2) == 1 && x.storage_offset() % 4 == 0 && x.stride(1) % 4 == 0;
  return even && aligned ? x : x.contiguous();
}

std::int64_t row_stride(const at::Tensor& x) {
  return x.size(1) == 1 ? x.stride(0) : x.stride(1);
}

/// @param addend  undefined: none
Sum add_norm(const at::Tensor& x_in, const at::Tensor& addend, const LayerNorm& ln,
             at::ScalarType dtype) {
  const c10::DeviceGuard guard(x_in.device());
  const at::Tensor x = with_even_rows(x_in);
  Sum result;
  if (addend.defined()) result.sum = at::empty(x.sizes(), x.options());
  result.normalised = at::empty(x.sizes(), x.options().dtype(dtype));
  const AnyAddNormJob job{
      .x = x.const_data_ptr<float>(),
      .x_stride = row_stride(x),
      .addend = addend.defined() ? addend.const_data_ptr() : nullptr,
      .sum = addend.defined() ? result.sum.mutable_data_ptr<float>() : nullptr,
      .weight = ln.weight.const_data_ptr<float>(),
      .bias = ln.bias.const_data_ptr<float>(),
      .out = result.normalised.mutable_data_ptr(),
      .rows = x.size(0) * x.size(1),
      .width = static_cast<std::int32_t>(x.size(2)),
  };
  require_launched(add_norm_cuda(job, storage_of(dtype), current_cuda_stream(x.device())),
                   "a layer norm");
  return result;
}

}  // namespace

bool fuses(const at::Tensor& x) {
  return kernels_take(x);
}

at::Tensor fused_layer_norm(const at::Tensor& x, const LayerNorm& ln, at::ScalarType dtype) {
  return add_norm(x, {}, ln, dtype).normalised;
}

Sum fused_add_layer_norm(const at::Tensor& x, const at::Tensor& addend, const LayerNorm& ln) {
  return add_norm(x, addend.contiguous(), ln, addend.scalar_type());
}

void fused_bias_quick_gelu_(at::Tensor& product, const at::Tensor& bias) {
  const c10::DeviceGuard guard(product.device());
  const AnyBiasGeluJob job{
      .values = product.mutable_data_ptr(),
      .bias = bias.const_data_ptr(),
      .rows = product.numel() / product.size(-1),
      .width = static_cast<std::int32_t>(product.size(-1)),
  };
  require_launched(bias_quick_gelu_cuda(job, storage_of(product.scalar_type()),
                                        current_cuda_stream(product.device())),
                   "QuickGELU");
}

}  // namespace anomalyclip
