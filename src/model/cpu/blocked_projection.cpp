#include "model/cpu/blocked_projection.h"

#include <algorithm>
#include <vector>

#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include "model/cpu/blocked_linear.h"
#include "model/cpu/instructions.h"
#include "model/layer_norm.h"

#if ANOMALYCLIP_AVX512
// GCC 12 takes the undefined operands inside its own intrinsics for mistakes.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")
#include "model/cpu/vectors.h"
#pragma GCC pop_options
#endif

namespace anomalyclip::cpu {

#if ANOMALYCLIP_AVX512

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")

namespace {

/// `steps` times 32 numbers into a row of a left operand.
void store_row(const float* from, int steps, const Operand& to) {
  for (int k = 0; k < steps; ++k) {
    const Operand at = to.at(std::int64_t{k} * kTile);
    if (at.full)
      std::copy_n(from + k * kBlock, kBlock, at.full);
    else
      _mm512_storeu_si512(at.high, to_half(_mm512_loadu_ps(from + k * kBlock),
                                           _mm512_loadu_ps(from + k * kBlock + 16)));
  }
}

}  // namespace
#pragma GCC pop_options

namespace {

/// About what a number takes that is copied.
constexpr double kCopyMicroseconds = 0.0002;

/// The patches of images [B, C, H, W].
struct Patches {
  const float* pixels;
  std::int64_t channels, height, width, patch;

  std::int64_t count() const { return height / patch * (width / patch); }  // of one image

  /// @param to  [C, patch, patch]
  void copy(std::int64_t index, float* to) const {
    const std::int64_t image = index / count(), row = index % count() / (width / patch),
                       column = index % (width / patch);
    for (std::int64_t c = 0; c < channels; ++c)
      for (std::int64_t y = 0; y < patch; ++y, to += patch)
        std::copy_n(
            pixels + ((image * channels + c) * height + row * patch + y) * width + column * patch,
            patch, to);
  }
};

/// Patches as a left operand of `steps` steps, padded with zeros.
void lay_out(const Patches& patches, const TokenRows& rows, int in, int steps,
             const Operand& left) {
  const std::int64_t strip = std::int64_t{steps} * kTile;
  const double microseconds = static_cast<double>(rows.tokens) * in * kCopyMicroseconds;
  run_tasks(
      Unit::kAvx512, rows.blocks(), microseconds,
      [&](int block) {
        thread_local std::vector<float> patch;
        patch.assign(static_cast<std::size_t>(steps) * kBlock, 0.f);
        for (int r = 0; r < rows.in_block(block); ++r) {
          patches.copy(rows.first_token(block) + r, patch.data());
          store_row(patch.data(), steps, left.at((2 * block + r / 16) * strip + r % 16 * kBlock));
        }
      },
      Share::kApart);
}

}  // namespace

bool BlockedProjection::available(std::int64_t out) {
  return available_unit() != Unit::kNone && out % kBlock == 0;
}

BlockedProjection::BlockedProjection(const at::Tensor& weight, bool half)
    : form_(half && multiplies_bfloat16(available_unit()) ? Form::kHalf : Form::kFull),
      out_(static_cast<int>(weight.size(0))),
      in_(static_cast<int>(weight.size(1))),
      padded_in_(blocks_for(in_) * kBlock),
      packed_(at::empty({std::int64_t{out_} * padded_in_ * size_of(form_)}, at::kByte)) {
  const at::Tensor rows = at::constant_pad_nd(weight, {0, padded_in_ - in_}).contiguous();
  const Operand panels =
      operand_in(packed_.mutable_data_ptr(), std::int64_t{out_} * padded_in_, form_);
  for (int p = 0; p < out_ / kBlock; ++p)
    pack_panel(rows.const_data_ptr<float>() + std::int64_t{p} * kBlock * padded_in_, kBlock,
               padded_in_, panels, p);
}

Operand BlockedProjection::room(const TokenRows& rows) const {
  thread_local std::vector<float> left;
  const std::int64_t numbers = std::int64_t{rows.blocks()} * kBlock * padded_in_;
  left.resize(static_cast<std::size_t>(numbers));
  return operand_in(left.data(), numbers, form_);
}

at::Tensor BlockedProjection::multiply(const Operand& left, const TokenRows& rows,
                                       at::IntArrayRef shape) const {
  at::Tensor result = at::zeros(shape, at::kFloat);
  Destination to;
  to.add_bias = false;
  to.residual = result.mutable_data_ptr<float>();
  const Operand panels =
      operand_in(packed_.mutable_data_ptr(), std::int64_t{out_} * padded_in_, form_);
  blocked_linear(available_unit(), left, rows, {panels, out_, padded_in_}, to);
  return result;
}

at::Tensor BlockedProjection::of_normed(const LayerNorm& norm, const at::Tensor& x) const {
  const at::Tensor input = x.contiguous();
  const TokenRows rows{static_cast<int>(input.size(0)), static_cast<int>(input.size(1))};
  const Operand left = room(rows);
  blocked_layer_norm(input.const_data_ptr<float>(), input.stride(0), rows, in_,
                     norm.weight.const_data_ptr<float>(), norm.bias.const_data_ptr<float>(), left);
  return multiply(left, rows, {input.size(0), input.size(1), out_});
}

at::Tensor BlockedProjection::of_patches(const at::Tensor& images, std::int64_t patch) const {
  const at::Tensor input = images.contiguous();
  const Patches patches{input.const_data_ptr<float>(), input.size(1), input.size(2), input.size(3),
                        patch};
  const TokenRows rows{1, static_cast<int>(input.size(0) * patches.count())};
  const Operand left = room(rows);
  lay_out(patches, rows, in_, padded_in_ / kBlock, left);
  return multiply(left, rows, {input.size(0), patches.count(), out_});
}

#else

bool BlockedProjection::available(std::int64_t) {
  return false;
}
BlockedProjection::BlockedProjection(const at::Tensor&, bool)
    : form_(Form::kFull), out_(0), in_(0), padded_in_(0) {}
at::Tensor BlockedProjection::of_normed(const LayerNorm&, const at::Tensor& x) const {
  return x;
}
at::Tensor BlockedProjection::of_patches(const at::Tensor& images, std::int64_t) const {
  return images;
}

#endif

}  // namespace anomalyclip::cpu
