#pragma once

#include "model/cpu/blocked_linear.h"

namespace anomalyclip::cpu {

/// What attends to what: parts of HeadBuffers (0: Q, 1: K, 2: V), collected from V.
struct AttentionPath {
  int query = 0, key = 1;
  int query_blocks = 0;  ///< token blocks that attend, from the first
  Operand out;  ///< left operand of heads * 2 steps: [images][query_blocks * 32][heads * 64]
};

/// softmax(query key^T / 8) V for every head and path, with an online softmax over chunks of keys. All paths of a head are
/// taken together, while its values are in the cache.
/// @param tokens  of one image; keys beyond are padding and get no weight
void blocked_attention(Unit unit, const HeadBuffers& heads, int images, int tokens,
                       const AttentionPath* paths, int path_count);

}  // namespace anomalyclip::cpu
