#include "image/pillow_kernel.h"

#include <algorithm>
#include <cstring>

#include "image/cpu.h"
#if ANOMALYCLIP_AVX2
#include <immintrin.h>
// GCC 12 takes the undefined operands inside its own intrinsics for mistakes.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace anomalyclip {
namespace {

constexpr int kWeightBits = 22, kLowBits = 12;

#if ANOMALYCLIP_AVX2

ANOMALYCLIP_TARGET_AVX512 inline __m512i broadcast_bytes(const std::int8_t* weights) {
  std::int32_t four;
  std::memcpy(&four, weights, sizeof four);
  return _mm512_set1_epi32(four);
}

/// Sixteen sums, by the byte of their weights, to sixteen bytes.
ANOMALYCLIP_TARGET_AVX512 inline void store_sums(const __m512i (&by_byte)[3], std::uint8_t* out) {
  const __m512i half = _mm512_set1_epi32(1 << (kWeightBits - 1));
  const __m512i upper = _mm512_add_epi32(_mm512_slli_epi32(by_byte[2], 8), by_byte[1]);
  __m512i sum = _mm512_add_epi32(_mm512_slli_epi32(upper, 8), _mm512_add_epi32(by_byte[0], half));
  sum = _mm512_max_epi32(_mm512_srai_epi32(sum, kWeightBits), _mm512_setzero_si512());
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm512_cvtusepi32_epi8(sum));
}

ANOMALYCLIP_TARGET_AVX512 void weigh_avx512(const std::uint8_t* records, std::ptrdiff_t stride,
                                            const WeightQuad* weights, int quads,
                                            std::uint8_t* out) {
  constexpr int kRegisters = kLanes / 16;
  __m512i sums[kRegisters][3];
  for (auto& sum : sums)
    for (__m512i& by_byte : sum) by_byte = _mm512_setzero_si512();
  for (int quad = 0; quad < quads; ++quad, records += stride) {
    __m512i w[3];
    for (int i = 0; i < 3; ++i) w[i] = broadcast_bytes(weights[quad].bytes[i]);
    for (int j = 0; j < kRegisters; ++j) {
      const __m512i samples = _mm512_loadu_si512(records + 64 * j);
      for (int i = 0; i < 3; ++i) sums[j][i] = _mm512_dpbusd_epi32(sums[j][i], samples, w[i]);
    }
  }
  for (int j = 0; j < kRegisters; ++j) store_sums(sums[j], out + 16 * j);
}

/// Eight sums to eight bytes.
ANOMALYCLIP_TARGET_AVX2 inline void store_sums(__m256i high, __m256i low, std::uint8_t* out) {
  const __m256i half = _mm256_set1_epi32(1 << (kWeightBits - 1));
  __m256i sum = _mm256_add_epi32(_mm256_slli_epi32(high, kLowBits), _mm256_add_epi32(low, half));
  sum = _mm256_srai_epi32(sum, kWeightBits);
  const __m128i words =
      _mm_packs_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(out), _mm_packus_epi16(words, words));
}

ANOMALYCLIP_TARGET_AVX2 inline __m256i broadcast(const std::int16_t* weights) {
  std::int32_t both;
  std::memcpy(&both, weights, sizeof both);
  return _mm256_set1_epi32(both);
}

/// Half of the lanes: more sums than that do not fit the registers.
ANOMALYCLIP_TARGET_AVX2 inline void weigh_half(const std::uint8_t* records, std::ptrdiff_t stride,
                                               const WeightQuad* weights, int quads,
                                               std::uint8_t* out) {
  constexpr int kRegisters = kLanes / 2 / 8;
  const __m256i even_bytes = _mm256_set1_epi16(0xff);
  __m256i high[kRegisters], low[kRegisters];
  for (int j = 0; j < kRegisters; ++j) high[j] = low[j] = _mm256_setzero_si256();
  const auto add = [&](int j, __m256i pairs, __m256i w_high, __m256i w_low)
                       ANOMALYCLIP_TARGET_AVX2 {
                         high[j] = _mm256_add_epi32(high[j], _mm256_madd_epi16(pairs, w_high));
                         low[j] = _mm256_add_epi32(low[j], _mm256_madd_epi16(pairs, w_low));
                       };
  for (int quad = 0; quad < quads; ++quad, records += stride) {
    const WeightQuad& w = weights[quad];
    const __m256i even_high = broadcast(w.even.high), even_low = broadcast(w.even.low),
                  odd_high = broadcast(w.odd.high), odd_low = broadcast(w.odd.low);
    for (int j = 0; j < kRegisters; ++j) {
      const __m256i samples =
          _mm256_loadu_si256(reinterpret_cast<const __m256i*>(records + 32 * j));
      add(j, _mm256_and_si256(samples, even_bytes), even_high, even_low);
      add(j, _mm256_srli_epi16(samples, 8), odd_high, odd_low);
    }
  }
  for (int j = 0; j < kRegisters; ++j) store_sums(high[j], low[j], out + 8 * j);
}

/// Turns four registers of rows into four of columns, 4 x 4 words of 32 bits in each half.
ANOMALYCLIP_TARGET_AVX2 inline void transpose(__m256i r[4]) {
  const __m256i a = _mm256_unpacklo_epi32(r[0], r[1]), b = _mm256_unpacklo_epi32(r[2], r[3]),
                c = _mm256_unpackhi_epi32(r[0], r[1]), d = _mm256_unpackhi_epi32(r[2], r[3]);
  r[0] = _mm256_unpacklo_epi64(a, b);
  r[1] = _mm256_unpackhi_epi64(a, b);
  r[2] = _mm256_unpacklo_epi64(c, d);
  r[3] = _mm256_unpackhi_epi64(c, d);
}

/// Loads two times 16 bytes.
ANOMALYCLIP_TARGET_AVX2 inline __m256i load_halves(const std::uint8_t* low,
                                                   const std::uint8_t* high) {
  const __m128i first = _mm_loadu_si128(reinterpret_cast<const __m128i*>(low));
  return _mm256_inserti128_si256(_mm256_castsi128_si256(first),
                                 _mm_loadu_si128(reinterpret_cast<const __m128i*>(high)), 1);
}

ANOMALYCLIP_TARGET_AVX2 inline void store_halves(__m256i value, std::uint8_t* low,
                                                 std::uint8_t* high) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(low), _mm256_castsi256_si128(value));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(high), _mm256_extracti128_si256(value, 1));
}

/// Eight columns of RGB at a time; returns how many columns it did.
ANOMALYCLIP_TARGET_AVX2 int pack_rgb_avx2(const std::uint8_t* const* rows, int width,
                                          std::uint8_t* records) {
  constexpr int kRows = kLanes / 3;
  // Four pixels become four samples of R, of G, of B and four bytes to throw away, twice.
  const __m256i order = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11, -1, -1, -1, -1));
  int x = 0;
  for (; x + 10 <= width; x += 8) {  // reads 28 bytes, which end before ten pixels do
    std::uint8_t* at = records + static_cast<std::ptrdiff_t>(x / kTaps) * kRecord;
    for (int row = 0; row < kRows; row += 4, at += 4 * kTaps) {
      __m256i samples[4];
      for (int i = 0; i < 4; ++i) {
        const std::uint8_t* in = rows[row + i] + 3 * x;
        samples[i] = _mm256_shuffle_epi8(load_halves(in, in + 12), order);
      }
      transpose(samples);
      for (int c = 0; c < 3; ++c) {
        std::uint8_t* lanes = at + static_cast<std::ptrdiff_t>(c) * kRows * kTaps;
        store_halves(samples[c], lanes, lanes + kRecord);
      }
    }
  }
  return x;
}

/// Thirty-two columns of grey at a time; returns how many columns it did.
ANOMALYCLIP_TARGET_AVX2 int pack_grey_avx2(const std::uint8_t* const* rows, int width,
                                           std::uint8_t* records) {
  int x = 0;
  for (; x + 32 <= width; x += 32) {
    std::uint8_t* at = records + static_cast<std::ptrdiff_t>(x / kTaps) * kRecord;
    for (int row = 0; row < kLanes; row += 4, at += 4 * kTaps) {
      __m256i samples[4];
      for (int i = 0; i < 4; ++i)
        samples[i] = load_halves(rows[row + i] + x, rows[row + i] + x + 16);
      transpose(samples);
      for (int i = 0; i < 4; ++i)
        store_halves(samples[i], at + i * kRecord, at + (4 + i) * kRecord);
    }
  }
  return x;
}

#endif

}  // namespace

WeightQuad::WeightQuad(const std::array<std::int32_t, kTaps>& weights) : whole(weights) {
  for (int i = 0; i < kTaps; ++i) {
    std::int32_t rest = weights[i];
    for (auto& by_byte : bytes) {
      by_byte[i] = static_cast<std::int8_t>(rest & 0xff);
      rest = (rest - by_byte[i]) / 256;
    }
    Pair& pair = i % 2 == 0 ? even : odd;
    pair.high[i / 2] = static_cast<std::int16_t>(weights[i] >> kLowBits);
    pair.low[i / 2] = static_cast<std::int16_t>(weights[i] & ((1 << kLowBits) - 1));
  }
}

void weigh_portably(const std::uint8_t* records, std::ptrdiff_t stride, const WeightQuad* weights,
                    int quads, std::uint8_t* out) {
  std::int32_t sums[kLanes];
  std::fill_n(sums, kLanes, 1 << (kWeightBits - 1));
  for (int quad = 0; quad < quads; ++quad, records += stride) {
    const auto& w = weights[quad].whole;
    for (int lane = 0; lane < kLanes; ++lane)
      for (int i = 0; i < kTaps; ++i) sums[lane] += records[kTaps * lane + i] * w[i];
  }
  for (int lane = 0; lane < kLanes; ++lane)
    out[lane] = static_cast<std::uint8_t>(std::clamp(sums[lane] >> kWeightBits, 0, 255));
}

#if ANOMALYCLIP_AVX2
ANOMALYCLIP_TARGET_AVX2 void weigh_avx2(const std::uint8_t* records, std::ptrdiff_t stride,
                                        const WeightQuad* weights, int quads, std::uint8_t* out) {
  weigh_half(records, stride, weights, quads, out);
  weigh_half(records + kRecord / 2, stride, weights, quads, out + kLanes / 2);
}
#endif

void pack_rows_portably(const std::uint8_t* const* rows, int channels, int first, int width,
                        std::uint8_t* records) {
  const int count = kLanes / channels;
  const int end = (width + kTaps - 1) / kTaps * kTaps;
  for (int row = 0; row < count; ++row)
    for (int x = first; x < end; ++x) {
      std::uint8_t* record =
          records + static_cast<std::ptrdiff_t>(x / kTaps) * kRecord + kTaps * row + x % kTaps;
      const std::uint8_t* in = rows[row] + std::min(x, width - 1) * channels;
      for (int c = 0; c < channels; ++c) record[c * count * kTaps] = in[c];
    }
}

void weigh(const std::uint8_t* records, std::ptrdiff_t stride, const WeightQuad* weights, int quads,
           std::uint8_t* out) {
#if ANOMALYCLIP_AVX2
  if (has_avx512()) return weigh_avx512(records, stride, weights, quads, out);
  if (has_avx2()) return weigh_avx2(records, stride, weights, quads, out);
#endif
  weigh_portably(records, stride, weights, quads, out);
}

void pack_rows(const std::uint8_t* const* rows, int channels, int width, std::uint8_t* records) {
  int done = 0;
#if ANOMALYCLIP_AVX2
  if (has_avx2())
    done =
        channels == 3 ? pack_rgb_avx2(rows, width, records) : pack_grey_avx2(rows, width, records);
#endif
  pack_rows_portably(rows, channels, done, width, records);
}

}  // namespace anomalyclip
