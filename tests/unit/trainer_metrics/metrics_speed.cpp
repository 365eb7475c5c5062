// metrics-speed [IMAGES [SIZE]]: the processor time of AUPRO by 200 sweeps and in one pass over sorted pixels, side by side.
// metrics-speed --memory IMAGES SIZE: the processor time and the peak memory of all pixel metrics of a class of that size.
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <sys/resource.h>

#include "metrics/pixel_metrics.h"
#include "metrics/pro_curve.h"
#include "sweep.h"

namespace {

using namespace anomalyclip;

/// Of this process: other work on the machine does not count.
double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

template <typename Work>
double seconds(Work&& work) {
  const double start = cpu_seconds();
  work();
  return cpu_seconds() - start;
}

void compare(int images, int size) {
  const testing::Maps maps = testing::made_up_maps(images, size, 1);
  double swept = 0, sorted = 0;
  const double sweeps = seconds([&] { swept = testing::aupro_by_sweeps(maps); });
  metrics::PixelPool pool(static_cast<std::size_t>(images) * size * size);
  const double sort = seconds([&] {
    for (std::size_t i = 0; i < maps.maps.size(); ++i)
      pool.add(maps.maps[i], maps.masks[i], size, size);
    pool.sort();
  });
  const double pass = seconds([&] { sorted = metrics::aupro_reference(pool); });
  std::printf("%d maps of %d x %d: AUPRO %.9f by sweeps, %.9f in one pass\n", images, size, size,
              swept, sorted);
  std::printf(
      "200 sweeps %.3f s; collect and sort %.3f s, then one pass %.4f s: %.1f times faster, "
      "%.0f times where the pixels are sorted already (for AUROC, say)\n",
      sweeps, sort, pass, sweeps / (sort + pass), sweeps / pass);
}

void measure_memory(int images, int size) {
  metrics::PixelPool pool(static_cast<std::size_t>(images) * size * size);
  const testing::Maps few = testing::made_up_maps(8, size, 1);
  for (int i = 0; i < images; ++i) {
    // Other values in each image, so that nothing is equal.
    std::vector<float> map = few.maps[static_cast<std::size_t>(i % 8)];
    for (float& value : map) value += 1e-6f * static_cast<float>(i);
    pool.add(map, few.masks[static_cast<std::size_t>(i % 8)], size, size);
  }
  const double sort = seconds([&] { pool.sort(); });
  metrics::PixelMetrics found{};
  const double pass = seconds([&] { found = metrics::pixel_metrics(pool); });
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "%d maps of %d x %d: sorted in %.1f s, all pixel metrics in %.1f s, peak memory %.2f "
      "GiB (AUROC %.4f, AUPRO %.4f)\n",
      images, size, size, sort, pass, static_cast<double>(usage.ru_maxrss) / (1 << 20), found.auroc,
      found.aupro);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4 && std::string(argv[1]) == "--memory")
    measure_memory(std::atoi(argv[2]), std::atoi(argv[3]));
  else
    compare(argc > 1 ? std::atoi(argv[1]) : 100, argc > 2 ? std::atoi(argv[2]) : 518);
}
