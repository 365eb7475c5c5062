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
/// Numbers of the left operand at once: 700 KB, which the second-level cache holds while panels stream by.
constexpr int kLeftNumbers = 352 * 1024;
/// Steps of one pass over the rows; a longer product is taken in parts, summed in its destination.
constexpr int kPassSteps = 32;

void multiply_part(Unit unit, ConstOperand left, int blocks, int blocks_per_image,
                   const Matrix& matrix, Part part, const Destination& to) {
  const std::int64_t strip = std::int64_t{matrix.in / kBlock} * kTile;
  const int held = kLeftNumbers / (part.steps * kBlockFloats) / (left.low ? 2 : 1),
            panels = matrix.out / kBlock;
  const Product product = product_on(unit);
  const double products = static_cast<double>(blocks) * panels * part.steps * (left.low ? 3 : 1);
  walk_panels(
      unit, {blocks, panels, held, part}, products * kProductMicroseconds,
      [&](int block, int panel, int k, int steps, float* c, bool accumulate) {
        multiply(product, left.at(2 * block * strip + std::int64_t{k} * kTile), strip,
                 matrix.panel(panel).at(std::int64_t{k} * kBlockFloats), c, steps, accumulate);
      },
      [&](int block, int panel, float* c) {
        store(to, block, blocks_per_image, matrix.out, panel, c);
      });
}

void normalize_row(const float* x, int width, const float* weight, const float* bias, Half* high,
                   Half* low) {
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
    const std::int64_t to = std::int64_t{i / kBlock} * kTile;
    _mm512_storeu_si512(high + to, to_half(y[0], y[1]));
    if (low) _mm512_storeu_si512(low + to, to_half(lost(y[0]), lost(y[1])));
  }
}

void clear_row(int width, Half* to) {
  for (int k = 0; k < width / kBlock; ++k)
    _mm512_storeu_si512(to + k * kTile, _mm512_setzero_si512());
}

}  // namespace

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

void blocked_linear(Unit unit, ConstOperand left, int blocks, int blocks_per_image,
                    const Matrix& matrix, const Destination& destination) {
  const int steps = matrix.in / kBlock;
  if (destination.kind != Destination::Kind::kResidual)
    return multiply_part(unit, left, blocks, blocks_per_image, matrix, {0, steps}, destination);
  Destination to = destination;
  for (int first = 0; first < steps; first += kPassSteps, to.add_bias = false)
    multiply_part(unit, left, blocks, blocks_per_image, matrix,
                  {first, std::min(kPassSteps, steps - first)}, to);
}

void blocked_layer_norm(const float* x, std::int64_t image_stride, int images, int tokens,
                        int width, const float* weight, const float* bias, Operand left) {
  const int blocks = blocks_for(tokens);
  const std::int64_t strip = std::int64_t{width / kBlock} * kTile;
  const double microseconds = static_cast<double>(images) * tokens * width * kNormMicroseconds;
  run_tasks(Unit::kAvx512, images * blocks, microseconds, [&](int task) {
    const int image = task / blocks, first = task % blocks * kBlock;
    for (int r = 0; r < kBlock; ++r) {
      const Operand to = left.at((2 * task + r / 16) * strip + (r % 16) * kBlock);
      if (first + r < tokens) {
        normalize_row(x + image * image_stride + std::int64_t{first + r} * width, width, weight,
                      bias, to.high, to.low);
      } else {
        clear_row(width, to.high);
        if (to.low) clear_row(width, to.low);
      }
    }
  });
}

}  // namespace anomalyclip::cpu
#endif
