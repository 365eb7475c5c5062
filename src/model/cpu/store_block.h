#pragma once

// For files compiled for AVX-512, after the pragma that says so: everything here is inlined.
#include <algorithm>

#include "model/cpu/blocked_linear.h"
#include "model/cpu/vectors.h"

namespace anomalyclip::cpu {

// What becomes of a block of a product before it leaves the cache: see Destination.

inline void add_to_residual(const Destination& to, const TokenRows& rows, int block, int out,
                            int panel, const float* c) {
  float* x = to.residual + rows.first_token(block) * out + panel * kBlock;
  for (int half = 0; half < 2; ++half) {
    const __m512 bias =
        to.add_bias ? _mm512_loadu_ps(to.bias + panel * kBlock + half * 16) : _mm512_setzero_ps();
    for (int r = 0; r < rows.in_block(block); ++r) {
      float* at = x + std::int64_t{r} * out + half * 16;
      _mm512_storeu_ps(at,
                       _mm512_add_ps(_mm512_loadu_ps(at), _mm512_add_ps(load(c, r, half), bias)));
    }
  }
}

template <typename Function>
void transform(float* c, const float* bias, Function function) {
  for (int half = 0; half < 2; ++half) {
    const __m512 b = _mm512_loadu_ps(bias + half * 16);
    for (int r = 0; r < kBlock; ++r) {
      float* at = c + r * kBlock + half * 16;
      _mm512_storeu_ps(at, function(_mm512_add_ps(_mm512_loadu_ps(at), b)));
    }
  }
}

struct QuickGelu {
  __m512 operator()(__m512 x) const { return quick_gelu<false>(x); }
};
struct ExactQuickGelu {
  __m512 operator()(__m512 x) const { return quick_gelu<true>(x); }
};
struct Gelu {
  __m512 operator()(__m512 x) const { return gelu(x); }
};
struct Identity {
  __m512 operator()(__m512 x) const { return x; }
};

/// Stores the block by `store(numbers, where to)`, in the form that the operand has.
template <typename Store>
void store_operand(const float* c, const Operand& to, Store store) {
  if (to.full) return store(c, to.full);
  store(c, to.high);
  if (!to.low) return;
  alignas(64) float rest[kBlockFloats];
  lost(c, rest);
  store(rest, to.low);
}

struct StoreRows {
  std::int64_t strip;
  template <typename Number>
  void operator()(const float* c, Number* to) const {
    store_rows(c, to, to + strip);
  }
};
struct StoreTransposed {
  template <typename Number>
  void operator()(const float* c, Number* to) const {
    store_transposed(c, to);
  }
};
struct StorePairs {
  template <typename Number>
  void operator()(const float* c, Number* to) const {
    store_pairs(c, to);
  }
};

inline void store_activated(const Destination& to, int block, int out, int panel, float* c) {
  const float* bias = to.bias + panel * kBlock;
  if (to.activation == Destination::Activation::kGelu)
    transform(c, bias, Gelu());
  else if (to.next.form() != Form::kHalf)
    transform(c, bias, ExactQuickGelu());
  else
    transform(c, bias, QuickGelu());
  const std::int64_t strip = std::int64_t{out / kBlock} * kTile;
  store_operand(c, to.next.at(2 * block * strip + std::int64_t{panel} * kTile), StoreRows{strip});
}

inline void store_heads(const Destination& to, const TokenRows& rows, int block, int panel,
                        float* c) {
  transform(c, to.bias + panel * kBlock, Identity());
  const HeadBuffers& buffers = *to.heads;
  const int all = to.first_panel + panel, per_part = buffers.heads * kHeadSteps;
  const int part = all / per_part, head = all % per_part / kHeadSteps, step = all % kHeadSteps;
  const int image = block / rows.blocks_per_image(), row = block % rows.blocks_per_image();
  const std::int64_t base = (std::int64_t{image} * buffers.heads + head) * buffers.head_size();
  if (buffers.rows[part])
    store_operand(c, buffers.rows[part].at(base + (2 * row * kHeadSteps + step) * kTile),
                  StoreRows{kHeadSteps * kTile});
  if (buffers.columns[part])
    store_operand(c, buffers.columns[part].at(base + (row * kHeadSteps + step) * kBlockFloats),
                  StoreTransposed());
  if (part == 2 && buffers.values)
    store_operand(
        c, buffers.values.at(base + (std::int64_t{step} * buffers.blocks + row) * kBlockFloats),
        StorePairs());
}

inline void store(const Destination& to, const TokenRows& rows, int block, int out, int panel,
                  float* c) {
  switch (to.kind) {
    case Destination::Kind::kResidual:
      return add_to_residual(to, rows, block, out, panel, c);
    case Destination::Kind::kActivated:
      return store_activated(to, block, out, panel, c);
    case Destination::Kind::kHeads:
      return store_heads(to, rows, block, panel, c);
  }
}

}  // namespace anomalyclip::cpu
