#pragma once

#include <algorithm>
#include <vector>

#include "model/cpu/threads.h"

namespace anomalyclip::cpu {

/// Steps first..first + steps of a product.
struct Part {
  int first, steps;
};

/// Of a panel at once: it then stays in the first-level cache while rows stream by.
inline constexpr int kPanelBytes = 40 * 1024;
/// Of the left operand at once: the second-level cache holds it while panels stream by.
inline constexpr int kLeftBytes = 700 * 1024;

/// Where a matrix' panels lie. Of split numbers, where the high ones do.
struct PanelMemory {
  const void* first;
  std::int64_t panel_bytes;
  int step_bytes;
};

/// A matrix of at most so much stays in the second-level cache beside what it is multiplied with.
inline constexpr std::int64_t kSmallMatrixBytes = 256 * 1024;

struct PanelWalk {
  int blocks, panels;  ///< of the product's rows and columns
  int held;            ///< blocks of rows at once
  int step_bytes;      ///< of one step of a panel
  Part part;
  PanelMemory memory;
};

/// Asks for share `index` of `count` of some steps of a panel. Weights come from memory anew for every frame, and arithmetic
/// would wait for them.
inline void prefetch(const PanelMemory& memory, int panel, const Part& part, int index, int count) {
  const char* from = static_cast<const char*>(memory.first) + panel * memory.panel_bytes +
                     std::int64_t{part.first} * memory.step_bytes;
  constexpr std::int64_t kLine = 64;
  const std::int64_t lines = std::int64_t{part.steps} * memory.step_bytes / kLine;
  for (std::int64_t i = index * lines / count; i < (index + 1) * lines / count; ++i)
    __builtin_prefetch(from + i * kLine, /*write=*/0, /*locality=*/2);
}

/// The product of a small matrix: each thread takes rows of its own through all panels, the same rows in one layer after
/// another, so that they stay in its caches.
template <typename Multiply, typename Finish>
void walk_rows(Unit unit, const PanelWalk& walk, double microseconds, const Multiply& multiply,
               const Finish& finish) {
  run_tasks(
      unit, walk.blocks, microseconds,
      [&](int block) {
        alignas(64) float c[kBlockFloats];
        for (int panel = 0; panel < walk.panels; ++panel) {
          multiply(block, panel, walk.part.first, walk.part.steps, c, false);
          finish(block, panel, c);
        }
      },
      Share::kApart);
}

/// Takes a product block by block in an order that suits the caches, by all threads.
/// @param multiply  (block, panel, first step, steps, c [32][32], accumulate)
/// @param finish    (block, panel, c): all steps of the part are in c
template <typename Multiply, typename Finish>
void walk_panels(Unit unit, const PanelWalk& walk, double microseconds, const Multiply& multiply,
                 const Finish& finish) {
  if (walk.panels * walk.memory.panel_bytes <= kSmallMatrixBytes)
    return walk_rows(unit, walk, microseconds, multiply, finish);
  const int held = std::max(1, walk.held), chunks = (walk.blocks + held - 1) / held,
            chunk = (walk.blocks + chunks - 1) / chunks, end = walk.part.first + walk.part.steps,
            steps = kPanelBytes / walk.step_bytes;
  const int threads = threads_for_tasks();
  run_tasks(unit, chunks * walk.panels, microseconds, [&](int task) {
    const int first = task / walk.panels * chunk, last = std::min(walk.blocks, first + chunk),
              panel = task % walk.panels,
              soon = std::min(panel + threads, walk.panels - 1);  // what this thread takes next
    thread_local std::vector<float> sums;
    sums.resize(static_cast<std::size_t>(chunk) * kBlockFloats);
    for (int k = walk.part.first; k < end; k += steps) {
      const int count = std::min(steps, end - k);
      for (int block = first; block < last; ++block) {
        float* c = sums.data() + static_cast<std::size_t>(block - first) * kBlockFloats;
        if (unit != Unit::kAmx)  // beside tiles it looked slower (docs/performance.md)
          prefetch(walk.memory, soon, {k, count}, block - first, last - first);
        multiply(block, panel, k, count, c, k > walk.part.first);
        if (k + count == end) finish(block, panel, c);
      }
    }
  });
}

}  // namespace anomalyclip::cpu
