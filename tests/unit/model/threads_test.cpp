// Run with OMP_NUM_THREADS=4, MKL_NUM_THREADS=4 and MKL_DYNAMIC=FALSE: four threads, whatever the machine has.
#include "model/cpu/threads.h"

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <unistd.h>
#include <vector>

#include <ATen/Parallel.h>

#include <gtest/gtest.h>

namespace anomalyclip::cpu {
namespace {

/// Threads that take part in 40 tasks of which each leaves the others time to come.
std::size_t threads_at_work() {
  std::mutex mutex;
  std::set<std::thread::id> threads;
  run_tasks(Unit::kNone, 40, 1e6, [&](int) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const std::lock_guard lock(mutex);
    threads.insert(std::this_thread::get_id());
  });
  return threads.size();
}

/// What a new thread finds after it has done something.
template <typename Action, typename Question>
auto in_new_thread(Action&& action, Question&& question) {
  decltype(question()) answer{};
  std::thread([&] {
    action();
    answer = question();
  }).join();
  return answer;
}

TEST(Tasks, AreSharedByTheCrew) {
  EXPECT_EQ(threads_at_work(), 4u);
}

TEST(Tasks, TakeNoMoreThreadsThanTheirCallerAllows) {
  for (const std::size_t limit : {1u, 2u, 3u})
    EXPECT_EQ(in_new_thread([&] { limit_tasks(static_cast<int>(limit)); }, threads_at_work), limit);
}

TEST(Tasks, OfOneCallerAreNotLimitedByAnother) {
  in_new_thread([] { limit_tasks(1); }, threads_at_work);
  EXPECT_EQ(threads_at_work(), 4u);
}

TEST(Tasks, MayBeUnlimitedAgain) {
  const auto change = [] {
    limit_tasks(1);
    limit_tasks(0);
  };
  EXPECT_EQ(in_new_thread(change, threads_at_work), 4u);
}

TEST(Tasks, ThatThreadsTakeApartAreEachTakenOnce) {
  for (const int count : {2, 3, 4, 5, 41}) {
    std::vector<std::atomic<int>> taken(static_cast<std::size_t>(count));
    run_tasks(
        Unit::kNone, count, 1e6, [&](int task) { ++taken[static_cast<std::size_t>(task)]; },
        Share::kApart);
    for (const std::atomic<int>& times : taken) EXPECT_EQ(times, 1) << count;
  }
}

TEST(Tasks, OfAThreadThatDoesNotComeAreTakenByTheOthers) {
  // The caller alone: all runs are its own, one after another.
  int taken = 0;
  in_new_thread(
      [&] {
        limit_tasks(1);
        run_tasks(
            Unit::kNone, 40, 1e6, [&](int) { ++taken; }, Share::kApart);
      },
      [] { return 0; });
  EXPECT_EQ(taken, 40);
}

TEST(Tasks, ThatFailEndTheOthersRunsToo) {
  std::atomic<int> taken = 0;
  const auto fail = [&](int) {
    ++taken;
    throw std::runtime_error("as asked");
  };
  EXPECT_THROW(run_tasks(Unit::kNone, 4000, 1e6, fail, Share::kApart), std::runtime_error);
  EXPECT_LE(taken, 4);
}

TEST(Tasks, AreAsLimitedAsBeforeAfterALimitForAWhile) {
  const auto change = [] {
    limit_tasks(2);
    const TaskLimit limit(1);
  };
  EXPECT_EQ(in_new_thread(change, threads_at_work), 2u);
}

TEST(Tasks, HaveAllThreadsThoughTheFirstToAskKeepsItsOperatorsToItself) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // a new process, in which nobody has asked yet
  const auto ask_first = [] {
    leave_other_cores_to_run_tasks();
    _exit(threads_for_tasks());
  };
  EXPECT_EXIT(ask_first(), ::testing::ExitedWithCode(4), "");
}

TEST(Operators, TakeNoMoreThreadsThanTheirCallerAllowsAndNoneOfTheOthersKnows) {
  for (const int limit : {1, 2, 3})
    EXPECT_EQ(in_new_thread([&] { limit_operators(limit); }, at::get_num_threads), limit);
  EXPECT_EQ(in_new_thread([] { limit_operators(64); }, at::get_num_threads), 4);
  EXPECT_EQ(in_new_thread([] { limit_operators(0); }, at::get_num_threads), 4);
  EXPECT_EQ(in_new_thread([] {}, at::get_num_threads), 4);
  EXPECT_EQ(at::get_num_threads(), 4);
}

TEST(Operators, MayHaveAllThreadsAgain) {
  const auto change = [] {
    limit_operators(1);
    limit_operators(0);
  };
  EXPECT_EQ(in_new_thread(change, at::get_num_threads), 4);
}

}  // namespace
}  // namespace anomalyclip::cpu
