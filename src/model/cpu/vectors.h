#pragma once

// For files compiled for AVX-512, after the pragma that says so: everything here is inlined.
#include <immintrin.h>

#include "model/cpu/blocks.h"

namespace anomalyclip::cpu {

/// [32 floats] -> 32 bfloat16, to nearest even.
inline __m512i to_half(__m512 first, __m512 second) {
  return (__m512i)_mm512_cvtne2ps_pbh(second, first);
}

/// What bfloat16 loses of each number.
inline __m512 lost(__m512 x) {
  const __m256i high = (__m256i)_mm512_cvtneps_pbh(x);
  return _mm512_sub_ps(x, _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(high), 16)));
}

/// 2^x to 1e-4 (kExact: 3e-7), any x.
template <bool kExact>
inline __m512 exp2(__m512 x) {
  const __m512 f = _mm512_reduce_ps(x, 0x09);  // x - floor(x)
  __m512 p;
  if constexpr (kExact) {
    p = _mm512_set1_ps(1.8775767e-3f);
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(8.9893397e-3f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(5.5826318e-2f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(2.4015361e-1f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(6.9315308e-1f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(9.9999994e-1f));
  } else {
    p = _mm512_set1_ps(7.8024523e-2f);
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(2.2606716e-1f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(6.9583354e-1f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(9.9992520e-1f));
  }
  return _mm512_scalef_ps(p, x);  // p 2^floor(x)
}

inline __m512 reciprocal(__m512 x) {
  const __m512 y = _mm512_rcp14_ps(x);
  return _mm512_mul_ps(y, _mm512_fnmadd_ps(x, y, _mm512_set1_ps(2)));
}

/// x / (1 + e^(-1.702 x))
template <bool kExact>
inline __m512 quick_gelu(__m512 x) {
  const __m512 power = exp2<kExact>(_mm512_mul_ps(x, _mm512_set1_ps(-1.702f * 1.44269504f)));
  return _mm512_mul_ps(x, reciprocal(_mm512_add_ps(power, _mm512_set1_ps(1))));
}

/// x / 2 (1 + erf(x / sqrt 2)), erf to 2e-7 (Abramowitz and Stegun 7.1.26)
inline __m512 gelu(__m512 x) {
  const __m512 z = _mm512_mul_ps(_mm512_abs_ps(x), _mm512_set1_ps(0.70710678f));
  const __m512 t = reciprocal(_mm512_fmadd_ps(z, _mm512_set1_ps(0.3275911f), _mm512_set1_ps(1)));
  __m512 p = _mm512_set1_ps(1.061405429f);
  p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(-1.453152027f));
  p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(1.421413741f));
  p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(-0.284496736f));
  p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(0.254829592f));
  const __m512 tail = exp2<true>(_mm512_mul_ps(_mm512_mul_ps(z, z), _mm512_set1_ps(-1.44269504f)));
  const __m512 erf = _mm512_fnmadd_ps(_mm512_mul_ps(p, t), tail, _mm512_set1_ps(1));  // of |x|
  const __m512 half = _mm512_mul_ps(x, _mm512_set1_ps(0.5f));
  return _mm512_fmadd_ps(_mm512_abs_ps(half), erf, half);  // erf is odd
}

/// 32 numbers into an operand.
template <Form form>
inline void store_numbers(__m512 first, __m512 second, const Operand& to) {
  if constexpr (form == Form::kFull) {
    _mm512_storeu_ps(to.full, first);
    _mm512_storeu_ps(to.full + 16, second);
  } else {
    _mm512_storeu_si512(to.high, to_half(first, second));
    if constexpr (form == Form::kSplit)
      _mm512_storeu_si512(to.low, to_half(lost(first), lost(second)));
  }
}

/// A block in registers' reach: 32 rows of two vectors.
inline __m512 load(const float* block, int row, int half) {
  return _mm512_loadu_ps(block + row * kBlock + half * 16);
}

/// As tiles of a left operand: one of rows 0..15, one of rows 16..31.
inline void store_rows(const float* block, Half* first, Half* second) {
  for (int r = 0; r < kBlock; ++r)
    _mm512_storeu_si512((r < 16 ? first : second) + (r % 16) * kBlock,
                        to_half(load(block, r, 0), load(block, r, 1)));
}

inline void store_rows(const float* block, float* first, float* second) {
  for (int r = 0; r < kBlock; ++r)
    for (int half = 0; half < 2; ++half)
      _mm512_storeu_ps((r < 16 ? first : second) + (r % 16) * kBlock + half * 16,
                       load(block, r, half));
}

/// As a step of a right operand: rows stay rows.
inline void store_pairs(const float* block, Half* step) {
  alignas(64) static constexpr std::uint16_t kInterleave[32] = {
      0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
      8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  const __m512i interleave = _mm512_load_si512(kInterleave);
  for (int half = 0; half < 2; ++half)
    for (int pair = 0; pair < 16; ++pair)
      _mm512_storeu_si512(
          step + half * kTile + pair * 32,
          _mm512_permutexvar_epi16(
              interleave, to_half(load(block, 2 * pair, half), load(block, 2 * pair + 1, half))));
}

inline void store_pairs(const float* block, float* step) {
  for (int half = 0; half < 2; ++half)
    for (int r = 0; r < kBlock; ++r)
      _mm512_storeu_ps(step + (half * kBlock + r) * 16, load(block, r, half));
}

/// 16 x 16 numbers of 32 bits.
inline void transpose(__m512i (&r)[16]) {
  __m512i t[16];
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
  }
  for (int i = 0; i < 16; i += 4)
    for (int j = 0; j < 2; ++j) {
      r[i + 2 * j] = _mm512_unpacklo_epi64(t[i + j], t[i + 2 + j]);
      r[i + 2 * j + 1] = _mm512_unpackhi_epi64(t[i + j], t[i + 2 + j]);
    }
  for (int i = 0; i < 4; ++i) {
    t[i] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88);
    t[i + 4] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xdd);
    t[i + 8] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
    t[i + 12] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xdd);
  }
  for (int i = 0; i < 4; ++i) {
    r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
    r[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);
    r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
    r[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xdd);
  }
}

/// As a step of a right operand: rows become columns.
inline void store_transposed(const float* block, Half* step) {
  for (int half = 0; half < 2; ++half) {
    __m512i rows[16];
    for (int r = 0; r < 16; ++r)
      rows[r] = to_half(load(block, half * 16 + r, 0), load(block, half * 16 + r, 1));
    transpose(rows);
    for (int pair = 0; pair < 16; ++pair)
      _mm512_storeu_si512(step + half * kTile + pair * 32, rows[pair]);
  }
}

inline void store_transposed(const float* block, float* step) {
  for (int half = 0; half < 2; ++half)
    for (int columns = 0; columns < 2; ++columns) {
      __m512i rows[16];
      for (int r = 0; r < 16; ++r)
        rows[r] = _mm512_castps_si512(load(block, half * 16 + r, columns));
      transpose(rows);
      for (int k = 0; k < 16; ++k)
        _mm512_storeu_si512(step + (half * kBlock + columns * 16 + k) * 16, rows[k]);
    }
}

/// What store_*() of the block as bfloat16 loses.
inline void lost(const float* block, float* rest) {
  for (int i = 0; i < kBlockFloats; i += 16)
    _mm512_storeu_ps(rest + i, lost(_mm512_loadu_ps(block + i)));
}

}  // namespace anomalyclip::cpu
