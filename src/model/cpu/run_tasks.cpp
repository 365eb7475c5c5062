#include <algorithm>
#include <atomic>

#include <ATen/Parallel.h>

#include "model/cpu/blocked_linear.h"

namespace anomalyclip::cpu {

void run_tasks(Unit unit, int tasks, const std::function<void(int)>& task) {
  std::atomic<int> next{0};
  at::parallel_for(0, std::min(tasks, at::get_num_threads()), 1, [&](std::int64_t, std::int64_t) {
    const ProductSession session(unit);
    for (int i = next++; i < tasks; i = next++) task(i);
  });
}

}  // namespace anomalyclip::cpu
