#pragma once

#include <algorithm>
#include <vector>

#include "model/cpu/threads.h"

namespace anomalyclip::cpu {

/// Steps first..first + steps of a product.
struct Part {
  int first, steps;
};

/// Steps of a product at once: a panel's part, 40 KB, then stays in the first-level cache while rows
/// stream by.
inline constexpr int kSteps = 20;

struct PanelWalk {
  int blocks, panels;  ///< of the product's rows and columns
  int held;            ///< blocks of rows that the second-level cache holds while panels stream by
  Part part;
};

/// Takes a product block by block in an order that suits the caches, by all threads.
/// @param multiply  (block, panel, first step, steps, c [32][32], accumulate)
/// @param finish    (block, panel, c): all steps of the part are in c
template <typename Multiply, typename Finish>
void walk_panels(Unit unit, const PanelWalk& walk, double microseconds, const Multiply& multiply,
                 const Finish& finish) {
  const int held = std::max(1, walk.held), chunks = (walk.blocks + held - 1) / held,
            chunk = (walk.blocks + chunks - 1) / chunks, end = walk.part.first + walk.part.steps;
  run_tasks(unit, chunks * walk.panels, microseconds, [&](int task) {
    const int first = task / walk.panels * chunk, last = std::min(walk.blocks, first + chunk),
              panel = task % walk.panels;
    thread_local std::vector<float> sums;
    sums.resize(static_cast<std::size_t>(chunk) * kBlockFloats);
    for (int k = walk.part.first; k < end; k += kSteps) {
      const int count = std::min(kSteps, end - k);
      for (int block = first; block < last; ++block) {
        float* c = sums.data() + static_cast<std::size_t>(block - first) * kBlockFloats;
        multiply(block, panel, k, count, c, k > walk.part.first);
        if (k + count == end) finish(block, panel, c);
      }
    }
  });
}

}  // namespace anomalyclip::cpu
