#include "image/pillow_kernel.h"

#include <algorithm>
#include <cstring>

#include "image/cpu.h"
#if ANOMALYCLIP_AVX2
#include <immintrin.h>
#endif

namespace anomalyclip {
namespace {

constexpr int kWeightBits = 22, kLowBits = 12;

#if ANOMALYCLIP_AVX2

/// Eight sums to eight bytes.
ANOMALYCLIP_TARGET_AVX2 inline void store_sums(__m256i high, __m256i low, std::uint8_t* out) {
  const __m256i half = _mm256_set1_epi32(1 << (kWeightBits - 1));
  __m256i sum = _mm256_add_epi32(_mm256_slli_epi32(high, kLowBits), _mm256_add_epi32(low, half));
  sum = _mm256_srai_epi32(sum, kWeightBits);
  const __m128i words =
      _mm_packs_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(out), _mm_packus_epi16(words, words));
}

ANOMALYCLIP_TARGET_AVX2 inline __m256i load_pairs(const std::uint8_t* at) {
  return _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)));
}

ANOMALYCLIP_TARGET_AVX2 inline __m256i broadcast(const std::int16_t* weights) {
  std::int32_t both;
  std::memcpy(&both, weights, sizeof both);
  return _mm256_set1_epi32(both);
}

ANOMALYCLIP_TARGET_AVX2 void weigh_avx2(const std::uint8_t* records, std::ptrdiff_t stride,
                                        const WeightPair* weights, int pairs, std::uint8_t* out) {
  __m256i high0 = _mm256_setzero_si256(), high1 = high0, high2 = high0;
  __m256i low0 = high0, low1 = high0, low2 = high0;
  for (int pair = 0; pair < pairs; ++pair, records += stride) {
    const __m256i high = broadcast(weights[pair].high), low = broadcast(weights[pair].low);
    const __m256i a = load_pairs(records), b = load_pairs(records + 16),
                  c = load_pairs(records + 32);
    high0 = _mm256_add_epi32(high0, _mm256_madd_epi16(a, high));
    low0 = _mm256_add_epi32(low0, _mm256_madd_epi16(a, low));
    high1 = _mm256_add_epi32(high1, _mm256_madd_epi16(b, high));
    low1 = _mm256_add_epi32(low1, _mm256_madd_epi16(b, low));
    high2 = _mm256_add_epi32(high2, _mm256_madd_epi16(c, high));
    low2 = _mm256_add_epi32(low2, _mm256_madd_epi16(c, low));
  }
  store_sums(high0, low0, out);
  store_sums(high1, low1, out + 8);
  store_sums(high2, low2, out + 16);
}

/// Transposes 8 x 8 words in each half of the registers.
ANOMALYCLIP_TARGET_AVX2 inline void transpose(__m256i r[8]) {
  __m256i a[8], b[8];
  for (int i = 0; i < 4; ++i) {
    a[2 * i] = _mm256_unpacklo_epi16(r[2 * i], r[2 * i + 1]);
    a[2 * i + 1] = _mm256_unpackhi_epi16(r[2 * i], r[2 * i + 1]);
  }
  for (int i = 0; i < 8; i += 4) {
    for (int j = 0; j < 2; ++j) {
      b[i + 2 * j] = _mm256_unpacklo_epi32(a[i + j], a[i + j + 2]);
      b[i + 2 * j + 1] = _mm256_unpackhi_epi32(a[i + j], a[i + j + 2]);
    }
  }
  for (int i = 0; i < 4; ++i) {
    r[2 * i] = _mm256_unpacklo_epi64(b[i], b[i + 4]);
    r[2 * i + 1] = _mm256_unpackhi_epi64(b[i], b[i + 4]);
  }
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

/// Eight columns of eight rows of RGB at a time; returns how many columns it did.
ANOMALYCLIP_TARGET_AVX2 int pack_rgb_avx2(const std::uint8_t* const* rows, int width,
                                          std::uint8_t* records) {
  // Four pixels become pairs of R, G, B and a word to throw away, twice.
  const __m256i order = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(0, 3, 1, 4, 2, 5, -1, -1, 6, 9, 7, 10, 8, 11, -1, -1));
  int x = 0;
  for (; x + 10 <= width; x += 8) {  // reads 28 bytes, which end before ten pixels do
    __m256i words[8];
    for (int i = 0; i < 8; ++i)
      words[i] = _mm256_shuffle_epi8(load_halves(rows[i] + 3 * x, rows[i] + 3 * x + 12), order);
    transpose(words);
    std::uint8_t* at = records + static_cast<std::ptrdiff_t>(x / 2) * kRecord;
    for (int c = 0; c < 3; ++c) {
      store_halves(words[c], at + 16 * c, at + 2 * kRecord + 16 * c);
      store_halves(words[4 + c], at + kRecord + 16 * c, at + 3 * kRecord + 16 * c);
    }
  }
  return x;
}

/// Thirty-two columns of twenty-four rows of grey at a time; returns how many columns it did.
ANOMALYCLIP_TARGET_AVX2 int pack_grey_avx2(const std::uint8_t* const* rows, int width,
                                           std::uint8_t* records) {
  int x = 0;
  for (; x + 32 <= width; x += 32) {
    for (int group = 0; group < kLanes / 8; ++group) {
      __m256i words[8];
      for (int i = 0; i < 8; ++i)
        words[i] = load_halves(rows[8 * group + i] + x, rows[8 * group + i] + x + 16);
      transpose(words);
      std::uint8_t* at = records + static_cast<std::ptrdiff_t>(x / 2) * kRecord + 16 * group;
      for (int i = 0; i < 8; ++i) store_halves(words[i], at + i * kRecord, at + (8 + i) * kRecord);
    }
  }
  return x;
}

#endif

}  // namespace

void weigh_portably(const std::uint8_t* records, std::ptrdiff_t stride, const WeightPair* weights,
                    int pairs, std::uint8_t* out) {
  std::int32_t sums[kLanes];
  std::fill_n(sums, kLanes, 1 << (kWeightBits - 1));
  for (int pair = 0; pair < pairs; ++pair, records += stride) {
    const WeightPair& w = weights[pair];
    const std::int32_t left = w.high[0] * (1 << kLowBits) + w.low[0];
    const std::int32_t right = w.high[1] * (1 << kLowBits) + w.low[1];
    for (int lane = 0; lane < kLanes; ++lane)
      sums[lane] += records[2 * lane] * left + records[2 * lane + 1] * right;
  }
  for (int lane = 0; lane < kLanes; ++lane)
    out[lane] = static_cast<std::uint8_t>(std::clamp(sums[lane] >> kWeightBits, 0, 255));
}

void pack_rows_portably(const std::uint8_t* const* rows, int channels, int first, int width,
                        std::uint8_t* records) {
  const int count = kLanes / channels;
  for (int row = 0; row < count; ++row) {
    const std::uint8_t* in = rows[row];
    for (int x = first; x < width; x += 2) {
      std::uint8_t* record = records + static_cast<std::ptrdiff_t>(x / 2) * kRecord + 2 * row;
      const int next = std::min(x + 1, width - 1);
      for (int c = 0; c < channels; ++c) {
        record[c * count * 2] = in[x * channels + c];
        record[c * count * 2 + 1] = in[next * channels + c];
      }
    }
  }
}

void weigh(const std::uint8_t* records, std::ptrdiff_t stride, const WeightPair* weights, int pairs,
           std::uint8_t* out) {
#if ANOMALYCLIP_AVX2
  if (has_avx2()) return weigh_avx2(records, stride, weights, pairs, out);
#endif
  weigh_portably(records, stride, weights, pairs, out);
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
