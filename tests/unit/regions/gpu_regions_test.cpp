#include "scoring/gpu_regions.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <ATen/ops/from_blob.h>
#include <c10/core/InferenceMode.h>

#include <gtest/gtest.h>

#include <anomalyclip/error.h>

#include "core/cuda_launch.h"
#include "core/device.h"
#include "scoring/regions.h"
#include "scoring/regions_element.h"

namespace anomalyclip {
namespace {

constexpr double kThreshold = 0.7;  // between two floats
constexpr Rect kCovers{3, 5, 641, 479};

struct TestMap {
  std::string name;
  int width, height;
  std::vector<float> values;
};

/// Samples that are inside are random from just above the threshold on; the others end just below it.
TestMap map_where(const std::string& name, int width, int height,
                  const std::function<bool(int x, int y)>& inside) {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> some(0.f, 0.3f);
  TestMap map{name, width, height, {}};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      map.values.push_back(inside(x, y) ? std::nextafter(0.7f, 1.f) + some(random)
                                        : 0.7f - some(random));
  return map;
}

TestMap noise(int width, int height, double part) {
  std::mt19937 random(11);
  std::bernoulli_distribution inside(part);
  return map_where("noise " + std::to_string(part), width, height,
                   [&](int, int) { return inside(random); });
}

/// One long part: rings, cut at the upper left, where the end of each leads on to the beginning of the next.
bool on_spiral(int x, int y, int size) {
  const int ring = std::min(std::min(x, y), std::min(size - 1 - x, size - 1 - y));
  const bool gap = ring % 2 == 0 && x == ring && y == ring + 1;
  const bool bridge = ring % 2 == 1 && x == ring && y == ring + 1;
  return (ring % 2 == 0 && !gap) || bridge;
}

std::vector<TestMap> test_maps() {
  std::vector<TestMap> maps = {
      map_where("nothing", 40, 9, [](int, int) { return false; }),
      map_where("everything", 67, 13, [](int, int) { return true; }),
      map_where("a sample", 1, 1, [](int, int) { return true; }),
      map_where("a row", 71, 1, [](int x, int) { return x % 5 != 2; }),
      map_where("a column", 1, 50, [](int, int y) { return y % 7 < 4; }),
      map_where("a checkerboard", 33, 31, [](int x, int y) { return (x + y) % 2 == 0; }),
      map_where("single samples", 65, 37, [](int x, int y) { return x % 2 == 0 && y % 2 == 0; }),
      map_where("a comb joined below", 63, 20, [](int x, int y) { return x % 2 == 0 || y == 19; }),
      map_where("a comb joined above", 63, 20, [](int x, int y) { return x % 2 == 0 || y == 0; }),
      map_where("a spiral", 41, 41, [](int x, int y) { return on_spiral(x, y, 41); }),
      map_where("diagonals", 40, 40, [](int x, int y) { return (2 * x + y) % 5 < 2 && x != 20; }),
      map_where("rows that end where the next begins", 32, 16,
                [](int x, int y) { return y % 4 == 0 ? x > 15 : y % 4 == 1 && x < 10; })};
  for (const double part : {0.02, 0.2, 0.35, 0.41, 0.6, 0.95}) maps.push_back(noise(75, 58, part));
  TestMap holes = noise(75, 58, 0.7);
  for (std::size_t i = 0; i < holes.values.size(); i += 3) holes.values[i] = i % 2 ? NAN : -NAN;
  holes.name = "numbers that are none";
  maps.push_back(holes);
  return maps;
}

std::vector<Region> expected(const TestMap& map) {
  return find_regions(map.values.data(), map.width, map.height, kThreshold, kCovers);
}

void expect_equal(const std::vector<Region>& found, const std::vector<Region>& wanted) {
  ASSERT_EQ(found.size(), wanted.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].box, wanted[i].box) << i;
    EXPECT_EQ(found[i].score, wanted[i].score) << i;
    EXPECT_EQ(found[i].area, wanted[i].area) << i;
  }
}

/// Calls something for every index below a count, in an order of its own.
using ForAll = std::function<void(std::int64_t, const std::function<void(std::int64_t)>&)>;

void forward(std::int64_t count, const std::function<void(std::int64_t)>& call) {
  for (std::int64_t i = 0; i < count; ++i) call(i);
}

void backward(std::int64_t count, const std::function<void(std::int64_t)>& call) {
  for (std::int64_t i = count; i-- > 0;) call(i);
}

void shuffled(std::int64_t count, const std::function<void(std::int64_t)>& call) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937(3));
  for (const std::int64_t i : order) call(i);
}

/// Neighbours are taken by different threads at the same time.
void by_threads(std::int64_t count, const std::function<void(std::int64_t)>& call) {
  constexpr int kThreads = 4;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < kThreads; ++thread)
    threads.emplace_back([&, thread] {
      for (std::int64_t i = thread; i < count; i += kThreads) call(i);
    });
}

struct Found {
  std::vector<Component> components;  ///< as many as there was room for
  std::int32_t count;
};

/// What the kernels do, pass by pass, on the CPU.
Found found_by_elements(const TestMap& map, const ForAll& for_all, int capacity) {
  std::vector<std::int32_t> links(map.values.size(), 12345), places(map.values.size(), 54321);
  Found found{std::vector<Component>(static_cast<std::size_t>(capacity)), 0};
  const RegionsJob job{map.values.data(),       map.height,   map.width,
                       least_float(kThreshold), links.data(), places.data(),
                       found.components.data(), capacity,     &found.count};
  for_all(job.samples(), [&](std::int64_t i) { begin_sample(job, i); });
  for_all(job.samples(), [&](std::int64_t i) { join_sample(job, i); });
  for_all(job.samples(), [&](std::int64_t i) { number_sample(job, i); });
  for_all(job.stretches(), [&](std::int64_t i) { gather_samples(job, i); });
  return found;
}

void expect_same_regions(const ForAll& for_all) {
  for (const TestMap& map : test_maps()) {
    SCOPED_TRACE(map.name);
    Found found = found_by_elements(map, for_all, kMostComponents);
    ASSERT_LE(found.count, kMostComponents);
    found.components.resize(static_cast<std::size_t>(found.count));
    expect_equal(strongest_regions(found.components, {map.width, map.height}, kCovers),
                 expected(map));
  }
}

TEST(RegionElements, ForwardFindTheCpusRegions) {
  expect_same_regions(forward);
}

TEST(RegionElements, BackwardFindTheCpusRegions) {
  expect_same_regions(backward);
}

TEST(RegionElements, ShuffledFindTheCpusRegions) {
  expect_same_regions(shuffled);
}

TEST(RegionElements, ByThreadsAtOnceFindTheCpusRegions) {
  for (int turn = 0; turn < 20; ++turn) expect_same_regions(by_threads);
}

/// Links that another thread changes between the search for the roots and the first change.
struct InterruptedLinks {
  std::vector<std::int32_t>& links;
  std::function<void()>& other_thread;

  std::int32_t of(std::int32_t sample) const { return links[static_cast<std::size_t>(sample)]; }
  std::int32_t lower(std::int32_t sample, std::int32_t earlier) const {
    if (other_thread) std::exchange(other_thread, nullptr)();
    return lower_shared(&links[static_cast<std::size_t>(sample)], earlier);
  }
};

TEST(RegionElements, JoinWhatAnotherThreadHasLinkedMeanwhile) {
  for (const std::int32_t taken : {0, 1, 2}) {  // before what is joined, the same, behind it
    std::vector<std::int32_t> links = {0, 1, 2, 3};
    std::function<void()> other_thread = [&] { links[3] = taken; };
    const InterruptedLinks interrupted{links, other_thread};
    join(interrupted, 3, 1);
    EXPECT_EQ(root_of(interrupted, 3), root_of(interrupted, 1)) << taken;
    EXPECT_EQ(root_of(interrupted, 3), root_of(interrupted, taken)) << taken;
  }
}

TEST(RegionElements, CountEveryPartAndWriteNoMoreThanThereIsRoomFor) {
  const TestMap map = map_where("", 20, 20, [](int x, int y) { return x % 2 == 0 && y % 2 == 0; });
  const Found found = found_by_elements(map, forward, 7);
  EXPECT_EQ(found.count, 100);
  for (const Component& one : found.components) EXPECT_EQ(one.samples, 1);
}

at::Tensor tensor_of(TestMap& map) {
  return at::from_blob(map.values.data(), {map.height, map.width}, at::kFloat);
}

TEST(GpuRegions, OfAMapOnTheHostAreTheHosts) {
  TestMap map = noise(8, 8, 0.5);
  EXPECT_FALSE(gpu_regions(tensor_of(map), kThreshold, kCovers));
}

class GpuRegionsOnAGpu : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!resolve_device("auto").is_cuda())
      GTEST_SKIP() << "SKIPPED: no CUDA device on this machine";
    if (!has_cuda_kernels()) GTEST_SKIP() << "SKIPPED: this build has no CUDA kernels";
  }

  static std::optional<std::vector<Region>> regions_of(TestMap& map, const Rect& covers = kCovers) {
    const c10::InferenceMode inference;
    return gpu_regions(tensor_of(map).to(at::kCUDA), kThreshold, covers);
  }
};

TEST_F(GpuRegionsOnAGpu, AreTheCpus) {
  std::vector<TestMap> maps = test_maps();
  maps.push_back(
      map_where("a large one", 518, 518, [](int x, int y) { return (x ^ y) % 31 < 24; }));
  for (TestMap& map : maps) {
    SCOPED_TRACE(map.name);
    const auto found = regions_of(map);
    ASSERT_TRUE(found);
    expect_equal(*found, expected(map));
  }
}

TEST_F(GpuRegionsOnAGpu, AreTheHostsWhereThereAreTooMany) {
  TestMap map = map_where("", 518, 518, [](int x, int y) { return x % 2 == 0 && y % 2 == 0; });
  EXPECT_FALSE(regions_of(map));
}

TEST_F(GpuRegionsOnAGpu, OfAnEmptyRectangleAreRefused) {
  TestMap map = noise(8, 8, 0.5);
  EXPECT_THROW(regions_of(map, {0, 0, 0, 5}), Error);
}

}  // namespace
}  // namespace anomalyclip
