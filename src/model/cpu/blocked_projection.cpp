#include "model/cpu/blocked_projection.h"

#include <cstring>
#include <vector>

#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include "model/cpu/blocked_linear.h"
#include "model/cpu/instructions.h"

namespace anomalyclip::cpu {

#if ANOMALYCLIP_AVX512

namespace {

/// About what a number takes that is copied.
constexpr double kCopyMicroseconds = 0.0002;

/// Rows [rows][in] as a left operand of `steps` steps, padded with zeros.
void lay_out(const float* x, const TokenRows& rows, int in, int steps, float* left) {
  const std::int64_t strip = std::int64_t{steps} * kTile;
  run_tasks(Unit::kAvx512, rows.blocks(), static_cast<double>(rows.tokens) * in * kCopyMicroseconds,
            [&](int block) {
              for (int r = 0; r < rows.in_block(block); ++r) {
                const float* from = x + (rows.first_token(block) + r) * in;
                float* to = left + (2 * block + r / 16) * strip + r % 16 * kBlock;
                for (int k = 0; k < steps; ++k) {
                  const int count = std::min(kBlock, in - k * kBlock);
                  std::memcpy(to + k * kTile, from + k * kBlock,
                              static_cast<std::size_t>(count) * sizeof(float));
                  std::fill(to + k * kTile + count, to + k * kTile + kBlock, 0.f);
                }
              }
            });
}

}  // namespace

bool BlockedProjection::available(std::int64_t out) {
  return available_unit() != Unit::kNone && out % kBlock == 0;
}

BlockedProjection::BlockedProjection(const at::Tensor& weight)
    : out_(static_cast<int>(weight.size(0))),
      in_(static_cast<int>(weight.size(1))),
      padded_in_(blocks_for(in_) * kBlock),
      packed_(at::empty({std::int64_t{out_} * padded_in_}, at::kFloat)) {
  const at::Tensor rows = at::constant_pad_nd(weight, {0, padded_in_ - in_}).contiguous();
  const Operand panels{nullptr, nullptr, packed_.mutable_data_ptr<float>()};
  for (int p = 0; p < out_ / kBlock; ++p)
    pack_panel(rows.const_data_ptr<float>() + std::int64_t{p} * kBlock * padded_in_, kBlock,
               padded_in_, panels, p);
}

at::Tensor BlockedProjection::operator()(const at::Tensor& x) const {
  const at::Tensor input = x.contiguous();
  const TokenRows rows{1, static_cast<int>(input.numel() / in_)};
  thread_local std::vector<float> left;
  left.resize(static_cast<std::size_t>(rows.blocks()) * kBlock *
              static_cast<std::size_t>(padded_in_));
  lay_out(input.const_data_ptr<float>(), rows, in_, padded_in_ / kBlock, left.data());
  std::vector<std::int64_t> shape = x.sizes().vec();
  shape.back() = out_;
  at::Tensor result = at::zeros(shape, at::kFloat);
  Destination to;
  to.add_bias = false;
  to.residual = result.mutable_data_ptr<float>();
  blocked_linear(available_unit(), {nullptr, nullptr, left.data()}, rows,
                 {{nullptr, nullptr, packed_.const_data_ptr<float>()}, out_, padded_in_}, to);
  return result;
}

#else

bool BlockedProjection::available(std::int64_t) {
  return false;
}
BlockedProjection::BlockedProjection(const at::Tensor&) : out_(0), in_(0), padded_in_(0) {}
at::Tensor BlockedProjection::operator()(const at::Tensor& x) const {
  return x;
}

#endif

}  // namespace anomalyclip::cpu
