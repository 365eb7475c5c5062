#include "model/cpu/bytes.h"

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

constexpr float kLargest = 127;
/// Sizes of time: of one product of 32 x 32 x 64, and of a number that is quantized.
constexpr double kProductMicroseconds = 0.05, kNumberMicroseconds = 0.0002;

__m512 widened(__m256i halves) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
}

__m512 numbers(const Half* row, int step, int half) {
  return widened(_mm256_loadu_si256(
      reinterpret_cast<const __m256i*>(row + std::int64_t{step} * kTile + half * 16)));
}

/// @param row  of a left operand: 32 numbers in each step
/// @returns the scale
float quantize_row(const Half* row, int steps, std::uint8_t* to) {
  __m512 largest = _mm512_setzero_ps(), poison = _mm512_setzero_ps();
  for (int k = 0; k < steps; ++k)
    for (int half = 0; half < 2; ++half) {
      const __m512 x = numbers(row, k, half);
      largest = _mm512_max_ps(largest, _mm512_abs_ps(x));
      poison = _mm512_fmadd_ps(x, _mm512_setzero_ps(), poison);  // a maximum forgets NaN
    }
  const float most = _mm512_reduce_max_ps(largest);
  const __m512 inverse = _mm512_set1_ps(most > 0 ? kLargest / most : 0.f);
  for (int k = 0; k < steps; ++k)
    for (int half = 0; half < 2; ++half) {
      const __m512i q = _mm512_cvtps_epi32(_mm512_mul_ps(numbers(row, k, half), inverse));
      std::uint8_t* at = to + std::int64_t{k / 2} * kByteTile + (k % 2) * 32 + half * 16;
      _mm_storeu_si128(reinterpret_cast<__m128i*>(at),
                       _mm512_cvtepi32_epi8(_mm512_add_epi32(q, _mm512_set1_epi32(128))));
    }
  return most / kLargest + _mm512_reduce_add_ps(poison);
}

/// Sums of bytes become numbers, in place.
void scale_block(float* c, const float* row_scale, const float* column_scale,
                 const std::int32_t* offset) {
  for (int half = 0; half < 2; ++half) {
    const __m512 columns = _mm512_loadu_ps(column_scale + half * 16);
    const __m512i offsets = _mm512_loadu_si512(offset + half * 16);
    for (int r = 0; r < kBlock; ++r) {
      float* at = c + r * kBlock + half * 16;
      const __m512 sum = _mm512_cvtepi32_ps(_mm512_sub_epi32(_mm512_loadu_si512(at), offsets));
      _mm512_storeu_ps(at,
                       _mm512_mul_ps(sum, _mm512_mul_ps(columns, _mm512_set1_ps(row_scale[r]))));
    }
  }
}

}  // namespace

bool multiplies_bytes(Unit unit) {
  return byte_product_on(unit) != nullptr;
}

void pack_byte_panel(const float* rows, int in, int p, std::int8_t* panels, float* scale,
                     std::int32_t* offset) {
  std::int8_t* panel = panels + std::int64_t{p} * in * kBlock;
  for (int r = 0; r < kBlock; ++r) {
    const float* row = rows + std::int64_t{r} * in;
    float most = 0;
    for (int i = 0; i < in; ++i) most = std::max(most, std::abs(row[i]));
    const float inverse = most > 0 ? kLargest / most : 0.f;
    std::int32_t sum = 0;
    for (int i = 0; i < in; ++i) {
      const auto q = static_cast<std::int8_t>(std::lrint(row[i] * inverse));
      sum += q;
      const int step = i / kByteStep, quad = i % kByteStep / 4;
      panel[(std::int64_t{step} * 2 + r / 16) * kByteTile + quad * 64 + r % 16 * 4 + i % 4] = q;
    }
    scale[p * kBlock + r] = most / kLargest;
    offset[p * kBlock + r] = 128 * sum;
  }
}

void quantize(const Half* left, int blocks, int in, ByteOperand to) {
  const int steps = in / kBlock;
  const std::int64_t strip = std::int64_t{steps} * kTile;  // as many numbers as bytes
  const double microseconds = static_cast<double>(blocks) * kBlock * in * kNumberMicroseconds;
  run_tasks(
      Unit::kAvx512, blocks, microseconds,
      [&](int block) {
        for (int r = 0; r < kBlock; ++r) {
          const int s = 2 * block + r / 16;
          to.scale[block * kBlock + r] =
              quantize_row(left + s * strip + (r % 16) * kBlock, steps,
                           to.numbers + s * strip + (r % 16) * kByteStep);
        }
      },
      Share::kApart);
}

void byte_linear(Unit unit, ByteOperand left, const TokenRows& rows, const ByteMatrix& matrix,
                 const Destination& to) {
  const int steps = matrix.in / kByteStep, panels = matrix.out / kBlock;
  const std::int64_t strip = std::int64_t{steps} * kByteTile;
  const ByteProduct product = byte_product_on(unit);
  const double products = static_cast<double>(rows.blocks()) * panels * steps;
  walk_panels(
      unit,
      {rows.blocks(),
       panels,
       kLeftBytes / (matrix.in * kBlock),
       2 * kByteTile,
       {0, steps},
       {matrix.panels, std::int64_t{steps} * 2 * kByteTile, 2 * kByteTile}},
      products * kProductMicroseconds,
      [&](int block, int panel, int k, int count, float* c, bool accumulate) {
        product(left.numbers + 2 * block * strip + std::int64_t{k} * kByteTile, strip,
                matrix.panel(panel) + std::int64_t{k} * 2 * kByteTile,
                reinterpret_cast<std::int32_t*>(c), {count, rows.in_block(block), accumulate});
      },
      [&](int block, int panel, float* c) {
        scale_block(c, left.scale + block * kBlock, matrix.scale + panel * kBlock,
                    matrix.offset + panel * kBlock);
        store(to, rows, block, matrix.out, panel, c);
      });
}

}  // namespace anomalyclip::cpu

#else

namespace anomalyclip::cpu {
bool multiplies_bytes(Unit) {
  return false;
}
}  // namespace anomalyclip::cpu

#endif
