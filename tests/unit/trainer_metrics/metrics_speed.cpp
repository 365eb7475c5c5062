// metrics-speed [IMAGES [SIZE]]: the processor time of AUPRO by 200 sweeps and in one pass over sorted pixels, side by side.
// metrics-speed --memory IMAGES SIZE: the processor time and the peak memory of all pixel metrics of a class of that size.
// metrics-speed --bootstrap IMAGES SIZE: the same of 1000 draws of images, and how far the metrics of ten draws are from those
// of all of their pixels.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <random>
#include <string>
#include <sys/resource.h>
#include <utility>

#include "metrics/pixel_metrics.h"
#include "metrics/pro_curve.h"
#include "metrics/resampled_pixels.h"
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

double peak_gib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / (1 << 20);
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
  std::printf(
      "%d maps of %d x %d: sorted in %.1f s, all pixel metrics in %.1f s, peak memory %.2f "
      "GiB (AUROC %.4f, AUPRO %.4f)\n",
      images, size, size, sort, pass, peak_gib(), found.auroc, found.aupro);
}

using Field = double metrics::PixelMetrics::*;
constexpr std::pair<const char*, Field> kFields[] = {
    {"AUROC", &metrics::PixelMetrics::auroc},
    {"AP", &metrics::PixelMetrics::ap},
    {"F1-max", &metrics::PixelMetrics::f1_max},
    {"AUPRO", &metrics::PixelMetrics::aupro},
    {"AUPRO exact", &metrics::PixelMetrics::aupro_bergmann},
    {"AUPIMO", &metrics::PixelMetrics::aupimo}};

void measure_bootstrap(int images, int size) {
  const testing::Maps maps = testing::made_up_maps(images, size, 1);
  const double maps_gib = peak_gib();
  metrics::ResampledPixels pixels;
  const double thin = seconds([&] {
    for (std::size_t i = 0; i < maps.maps.size(); ++i)
      pixels.add(maps.maps[i], maps.masks[i], size, size);
    pixels.sort();
  });
  std::vector<metrics::PixelMetrics> draws;
  const double drawn = seconds([&] { draws = pixels.draw(1000, 0); });
  std::printf("%d maps of %d x %d: thinned in %.1f s, 1000 draws in %.1f s, memory %.2f GiB\n",
              images, size, size, thin, drawn, peak_gib() - maps_gib);
  std::mt19937 random(1);
  std::map<const char*, double> furthest;
  for (int draw = 0; draw < 10; ++draw) {
    std::vector<std::uint32_t> weights(maps.maps.size());
    metrics::PixelPool pool;
    for (int i = 0; i < images; ++i) {
      const std::size_t picked = random() % weights.size();
      ++weights[picked];
      pool.add(maps.maps[picked], maps.masks[picked], size, size);
    }
    pool.sort();
    const metrics::PixelMetrics found = pixels.metrics(weights),
                                exact = metrics::pixel_metrics(pool);
    for (const auto& [name, field] : kFields)
      furthest[name] = std::max(furthest[name], std::abs(found.*field - exact.*field));
  }
  for (const auto& [name, field] : kFields) {
    double sum = 0, squares = 0;
    for (const metrics::PixelMetrics& draw : draws)
      sum += draw.*field, squares += draw.*field * draw.*field;
    const double mean = sum / 1000;
    std::printf("%-12s draws spread by %.5f, each off by %.7f at most\n", name,
                std::sqrt(std::max(0.0, squares / 1000 - mean * mean)), furthest[name]);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4 && std::string(argv[1]) == "--bootstrap")
    measure_bootstrap(std::atoi(argv[2]), std::atoi(argv[3]));
  else if (argc == 4 && std::string(argv[1]) == "--memory")
    measure_memory(std::atoi(argv[2]), std::atoi(argv[3]));
  else
    compare(argc > 1 ? std::atoi(argv[1]) : 100, argc > 2 ? std::atoi(argv[2]) : 518);
}
