#include "model/cpu/blocked_attention.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "model/cpu/instructions.h"

#if ANOMALYCLIP_AVX512
#include <immintrin.h>
// GCC 12 takes the undefined operands inside its own intrinsics for mistakes.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")
#include "model/cpu/store_block.h"

namespace anomalyclip::cpu {
namespace {

/// Key blocks at once: their logits and weights, 24 KB, stay in the first-level cache.
constexpr int kChunk = 4;
/// About what 32 queries take with 32 keys.
constexpr double kBlockMicroseconds = 0.3;
/// Query blocks of one task.
constexpr int kTaskBlocks = 6;
/// Keys and values of all heads of so much stay in the second-level cache.
constexpr std::int64_t kKeptBytes = 640 * 1024;
/// Logits are taken to powers of two: log2(e) / sqrt(64).
constexpr float kScale = 1.44269504f / 8;
/// How far logits may exceed the row's reference before everything is rescaled: the softmax does not depend on the
/// reference, and 2^8 is far from what a float32 or a bfloat16 can hold.
constexpr float kHeadroom = 8;

/// One head of one image.
struct Head {
  ConstOperand query, key, value;
  int blocks, tokens;

  /// Tokens in a block.
  int rows(int block) const { return std::min(kBlock, tokens - block * kBlock); }
};

/// What the online softmax keeps of 32 query rows.
struct Running {
  alignas(64) float collected[2][kBlockFloats];  ///< the two panels of the head's width
  alignas(64) float sum[kBlock][16];             ///< of the weights, lane by lane
  float reference[kBlock];                       ///< subtracted from the scaled logits
};

/// Scratch of one task.
struct Scratch {
  alignas(64) float logits[kChunk][kBlockFloats];
  alignas(64) float weights[kChunk * kBlockFloats];

  /// The weights, a left operand.
  Operand operand(Form form) { return operand_in(weights, kChunk * kBlockFloats, form); }
};

/// Logits of padding keys become minus infinity.
void mask_padding(float* logits, int valid) {
  const __m512 never = _mm512_set1_ps(-std::numeric_limits<float>::infinity());
  for (int half = 0; half < 2; ++half) {
    const int keep = std::clamp(valid - half * 16, 0, 16);
    const __mmask16 padding = static_cast<__mmask16>(~((1u << keep) - 1));
    for (int r = 0; r < kBlock; ++r)
      _mm512_mask_storeu_ps(logits + r * kBlock + half * 16, padding, never);
  }
}

void rescale(Running& running, int row, float factor) {
  const __m512 f = _mm512_set1_ps(factor);
  for (int panel = 0; panel < 2; ++panel)
    for (int half = 0; half < 2; ++half) {
      float* at = running.collected[panel] + row * kBlock + half * 16;
      _mm512_store_ps(at, _mm512_mul_ps(_mm512_load_ps(at), f));
    }
  _mm512_store_ps(running.sum[row], _mm512_mul_ps(_mm512_load_ps(running.sum[row]), f));
}

/// Keeps the row's reference near its largest logit so far.
void update_reference(Running& running, const Scratch& scratch, int row, int count, bool first) {
  __m512 largest = _mm512_max_ps(load(scratch.logits[0], row, 0), load(scratch.logits[0], row, 1));
  for (int j = 1; j < count; ++j)
    largest = _mm512_max_ps(
        largest, _mm512_max_ps(load(scratch.logits[j], row, 0), load(scratch.logits[j], row, 1)));
  if (first) {
    running.reference[row] = _mm512_reduce_max_ps(largest) * kScale;
    return;
  }
  const __m512 limit = _mm512_set1_ps((running.reference[row] + kHeadroom) / kScale);
  if (!_mm512_cmp_ps_mask(largest, limit, _CMP_GT_OQ)) return;
  const float reference = _mm512_reduce_max_ps(largest) * kScale;
  rescale(running, row, std::exp2(running.reference[row] - reference));
  running.reference[row] = reference;
}

template <Form form>
void weigh_row(Running& running, Scratch& scratch, int row, int count) {
  const __m512 scale = _mm512_set1_ps(kScale), reference = _mm512_set1_ps(running.reference[row]);
  __m512 sum = _mm512_load_ps(running.sum[row]);
  constexpr bool kExact = form != Form::kHalf;
  const Operand weights =
      scratch.operand(form).at(std::int64_t{row / 16} * kChunk * kTile + (row % 16) * kBlock);
  for (int j = 0; j < count; ++j) {
    const __m512 a =
        exp2<kExact>(_mm512_fmsub_ps(load(scratch.logits[j], row, 0), scale, reference));
    const __m512 b =
        exp2<kExact>(_mm512_fmsub_ps(load(scratch.logits[j], row, 1), scale, reference));
    sum = _mm512_add_ps(sum, _mm512_add_ps(a, b));
    store_numbers<form>(a, b, weights.at(std::int64_t{j} * kTile));
  }
  _mm512_store_ps(running.sum[row], sum);
}

template <Form form>
void add_chunk(const Products& product, const Head& head, int query_block, int first, int count,
               Running& running, Scratch& scratch) {
  const ConstOperand query = head.query.at(std::int64_t{query_block} * kHeadSteps * kBlockFloats);
  const int rows = head.rows(query_block);
  for (int j = 0; j < count; ++j) {
    const int block = first + j, valid = head.rows(block);
    multiply(product, query, kHeadSteps * kTile,
             head.key.at(std::int64_t{block} * kHeadSteps * kBlockFloats), scratch.logits[j],
             {kHeadSteps, rows, false});
    if (valid < kBlock) mask_padding(scratch.logits[j], valid);
  }
  for (int row = 0; row < rows; ++row) {
    update_reference(running, scratch, row, count, first == 0);
    weigh_row<form>(running, scratch, row, count);
  }
  for (int panel = 0; panel < 2; ++panel)
    multiply(product, scratch.operand(form), kChunk * kTile,
             head.value.at((std::int64_t{panel} * head.blocks + first) * kBlockFloats),
             running.collected[panel], {count, rows, first > 0});
}

/// collected / sum, as two steps of the next product's left operand.
void finish(Running& running, int rows, Operand out, std::int64_t strip) {
  for (int row = 0; row < rows; ++row)
    rescale(running, row, 1 / _mm512_reduce_add_ps(_mm512_load_ps(running.sum[row])));
  for (int panel = 0; panel < 2; ++panel)
    store_operand(running.collected[panel], out.at(std::int64_t{panel} * kTile), StoreRows{strip});
}

template <Form form>
void attend(const Products& product, const Head& head, int query_block, Operand out,
            std::int64_t strip) {
  thread_local Scratch scratch;
  Running running;
  std::fill_n(&running.sum[0][0], kBlock * 16, 0.f);
  for (int first = 0; first < head.blocks; first += kChunk)
    add_chunk<form>(product, head, query_block, first, std::min(kChunk, head.blocks - first),
                    running, scratch);
  finish(running, head.rows(query_block), out, strip);
}

void attend(const Products& product, const Head& head, int query_block, Operand out,
            std::int64_t strip) {
  switch (head.value.form()) {
    case Form::kHalf:
      return attend<Form::kHalf>(product, head, query_block, out, strip);
    case Form::kSplit:
      return attend<Form::kSplit>(product, head, query_block, out, strip);
    case Form::kFull:
      return attend<Form::kFull>(product, head, query_block, out, strip);
  }
}

}  // namespace

void blocked_attention(Unit unit, const HeadBuffers& heads, int images, int tokens,
                       const AttentionPath* paths, int path_count) {
  const Products product = products_on(unit);
  const std::int64_t kept = 2 * heads.heads * heads.head_size() * size_of(heads.values.form());
  const bool apart = kept <= kKeptBytes;  // each thread the rows that it has in the linear layers
  const int task_blocks = apart ? 1 : kTaskBlocks;
  const int groups = (heads.blocks + task_blocks - 1) / task_blocks;
  const std::int64_t strip = std::int64_t{heads.heads} * kHeadSteps * kTile;
  double microseconds = 0;
  for (const AttentionPath* path = paths; path != paths + path_count; ++path)
    microseconds += static_cast<double>(images) * heads.heads * heads.blocks * path->query_blocks *
                    kBlockMicroseconds;
  const auto attend_group = [&](int image, int head, int group) {
    const std::int64_t base = (std::int64_t{image} * heads.heads + head) * heads.head_size();
    for (const AttentionPath* path = paths; path != paths + path_count; ++path) {
      const Head one = {heads.rows[path->query].at(base), heads.columns[path->key].at(base),
                        heads.values.at(base), heads.blocks, tokens};
      const int last = std::min(path->query_blocks, (group + 1) * task_blocks);
      for (int block = group * task_blocks; block < last; ++block) {
        const Operand out =
            path->out.at((std::int64_t{image} * path->query_blocks + block) * 2 * strip +
                         std::int64_t{head} * kHeadSteps * kTile);
        attend(product, one, block, out, strip);
      }
    }
  };
  const int each = heads.heads * groups;
  run_tasks(
      unit, images * each, microseconds,
      [&](int task) {
        const int image = task / each, rest = task % each;
        if (apart)
          attend_group(image, rest % heads.heads, rest / heads.heads);
        else
          attend_group(image, rest / groups, rest % groups);
      },
      apart ? Share::kApart : Share::kInTurn);
}

}  // namespace anomalyclip::cpu
#endif
