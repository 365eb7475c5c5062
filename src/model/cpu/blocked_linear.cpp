#include "model/cpu/blocked_linear.h"

#include <algorithm>
#include <cmath>

#include "model/cpu/instructions.h"

#if ANOMALYCLIP_AVX512
#include <immintrin.h>
// GCC 12 takes the undefined operands inside its own intrinsics for mistakes.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")
#include "model/cpu/store_block.h"
#include "model/cpu/walk_panels.h"

namespace anomalyclip::cpu {
namespace {

/// Sizes of time: of one product of 32 x 32 x 32, and of a number that is normed.
constexpr double kProductMicroseconds = 0.05, kNormMicroseconds = 0.0003;
/// Steps of one pass over the rows; a longer product is taken in parts, summed in its destination.
constexpr int kPassSteps = 32;

void multiply_part(Unit unit, ConstOperand left, const TokenRows& rows, const Matrix& matrix,
                   Part part, const Destination& to) {
  const std::int64_t strip = std::int64_t{matrix.in / kBlock} * kTile;
  const int block_bytes = kBlockFloats * size_of(left.form()), panels = matrix.out / kBlock;
  const Products product = products_on(unit);
  const double products =
      static_cast<double>(rows.blocks()) * panels * part.steps * product_costs(left.form());
  const int plane_bytes = left.low ? block_bytes / 2 : block_bytes;  // split: high ones, low ones
  const void* first = left.full ? static_cast<const void*>(matrix.panels.full) : matrix.panels.high;
  walk_panels(
      unit,
      {rows.blocks(),
       panels,
       kLeftBytes / (part.steps * block_bytes),
       block_bytes,
       part,
       {first, std::int64_t{matrix.in / kBlock} * plane_bytes, plane_bytes}},
      products * kProductMicroseconds,
      [&](int block, int panel, int k, int steps, float* c, bool accumulate) {
        multiply(product, left.at(2 * block * strip + std::int64_t{k} * kTile), strip,
                 matrix.panel(panel).at(std::int64_t{k} * kBlockFloats), c,
                 {steps, rows.in_block(block), accumulate});
      },
      [&](int block, int panel, float* c) { store(to, rows, block, matrix.out, panel, c); });
}

template <Form form>
void normalize_row(const float* x, int width, const float* weight, const float* bias,
                   const Operand& to) {
  __m512 sum = _mm512_setzero_ps(), squares = _mm512_setzero_ps();
  for (int i = 0; i < width; i += 16) sum = _mm512_add_ps(sum, _mm512_loadu_ps(x + i));
  const float mean = _mm512_reduce_add_ps(sum) / static_cast<float>(width);
  const __m512 m = _mm512_set1_ps(mean);
  for (int i = 0; i < width; i += 16) {
    const __m512 d = _mm512_sub_ps(_mm512_loadu_ps(x + i), m);
    squares = _mm512_fmadd_ps(d, d, squares);
  }
  const float variance = _mm512_reduce_add_ps(squares) / static_cast<float>(width);
  const __m512 scale = _mm512_set1_ps(1 / std::sqrt(variance + 1e-5f));
  for (int i = 0; i < width; i += kBlock) {
    __m512 y[2];
    for (int half = 0; half < 2; ++half) {
      const int at = i + half * 16;
      y[half] = _mm512_fmadd_ps(_mm512_mul_ps(_mm512_sub_ps(_mm512_loadu_ps(x + at), m), scale),
                                _mm512_loadu_ps(weight + at), _mm512_loadu_ps(bias + at));
    }
    store_numbers<form>(y[0], y[1], to.at(std::int64_t{i / kBlock} * kTile));
  }
}

template <Form form>
void clear_row(int width, const Operand& to) {
  for (int k = 0; k < width / kBlock; ++k)
    store_numbers<form>(_mm512_setzero_ps(), _mm512_setzero_ps(), to.at(std::int64_t{k} * kTile));
}

template <Form form>
void layer_norm(const float* x, std::int64_t image_stride, const TokenRows& rows, int width,
                const float* weight, const float* bias, Operand left) {
  const int blocks = rows.blocks_per_image();
  const std::int64_t strip = std::int64_t{width / kBlock} * kTile;
  const double microseconds =
      static_cast<double>(rows.images) * rows.tokens * width * kNormMicroseconds;
  run_tasks(
      Unit::kAvx512, rows.blocks(), microseconds,
      [&](int block) {
        const float* tokens =
            x + block / blocks * image_stride + std::int64_t{block % blocks * kBlock} * width;
        for (int r = 0; r < kBlock; ++r) {
          const Operand to = left.at((2 * block + r / 16) * strip + (r % 16) * kBlock);
          if (r < rows.in_block(block))
            normalize_row<form>(tokens + std::int64_t{r} * width, width, weight, bias, to);
          else
            clear_row<form>(width, to);
        }
      },
      Share::kApart);
}

}  // namespace

void widen_float16(const std::uint16_t* from, std::int64_t count, float* to) {
  for (std::int64_t i = 0; i < count; i += 16)
    _mm512_storeu_ps(
        to + i, _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + i))));
}

void pack_panel(const float* rows, int count, int in, const Operand& panels, int p) {
  alignas(64) float block[kBlockFloats];
  const std::int64_t base = std::int64_t{p} * in * kBlock;
  for (int k = 0; k < in / kBlock; ++k) {
    for (int r = 0; r < kBlock; ++r)
      for (int half = 0; half < 2; ++half)
        _mm512_store_ps(block + r * kBlock + half * 16,
                        r < count
                            ? _mm512_loadu_ps(rows + std::int64_t{r} * in + k * kBlock + half * 16)
                            : _mm512_setzero_ps());
    store_operand(block, panels.at(base + std::int64_t{k} * kBlockFloats), StoreTransposed());
  }
}

void blocked_linear(Unit unit, ConstOperand left, const TokenRows& rows, const Matrix& matrix,
                    const Destination& destination) {
  const int steps = matrix.in / kBlock;
  if (destination.kind != Destination::Kind::kResidual)
    return multiply_part(unit, left, rows, matrix, {0, steps}, destination);
  Destination to = destination;
  for (int first = 0; first < steps; first += kPassSteps, to.add_bias = false)
    multiply_part(unit, left, rows, matrix, {first, std::min(kPassSteps, steps - first)}, to);
}

void blocked_layer_norm(const float* x, std::int64_t image_stride, const TokenRows& rows, int width,
                        const float* weight, const float* bias, Operand left) {
  switch (left.form()) {
    case Form::kHalf:
      return layer_norm<Form::kHalf>(x, image_stride, rows, width, weight, bias, left);
    case Form::kSplit:
      return layer_norm<Form::kSplit>(x, image_stride, rows, width, weight, bias, left);
    case Form::kFull:
      return layer_norm<Form::kFull>(x, image_stride, rows, width, weight, bias, left);
  }
}

}  // namespace anomalyclip::cpu
#endif
