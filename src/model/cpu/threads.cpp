#include "model/cpu/threads.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <limits>
#include <mutex>
#include <thread>
#include <vector>

#include <ATen/Parallel.h>

/// OpenMP's, which libtorch brings along; it speaks for the calling thread alone, as at::set_num_threads() does not.
extern "C" void omp_set_num_threads(int) __attribute__((weak));

namespace anomalyclip::cpu {
namespace {

/// Of one call of run_tasks() in this thread.
thread_local int most_threads = std::numeric_limits<int>::max();

/// One call of run_tasks(), on its caller's stack.
struct Job {
  Unit unit;
  int tasks;
  const std::function<void(int)>& task;
  int most_helpers;
  std::atomic<int> next{0};
  std::atomic<int> helpers{0};
  std::exception_ptr failure;  // the first one; guarded by the crew's mutex

  bool open() const {
    return next.load(std::memory_order_relaxed) < tasks && helpers < most_helpers;
  }

  void work() {
    const ProductSession session(unit);
    for (int i = next++; i < tasks; i = next++) task(i);
  }
};

/// How long a thread looks for what it waits for before it sleeps: the jobs of one frame follow each
/// other within microseconds.
constexpr auto kPatience = std::chrono::microseconds(100);

/// Work that another thread's help would not make shorter, in microseconds: about what it takes to call
/// one, twice.
constexpr double kWorthSharing = 15;

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

template <typename Condition>
void be_patient(Condition condition) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  // Not std::this_thread::yield(): on a busy machine that gives away a whole slice of time.
  while (!condition() && std::chrono::steady_clock::now() < until) pause();
}

/// Threads that help whoever runs tasks. A caller does not wait for them to come, only for those that came: on a machine
/// that others use too, a core that is taken costs its share of the work and no more. However many engines there are, the
/// crew is one core short of the machine, so their callers and it do not outnumber the cores by more than the callers.
class Crew {
 public:
  static Crew& of_this_process() {
    static Crew crew(at::get_num_threads() - 1);
    return crew;
  }

  explicit Crew(int helpers) {
    for (int i = 0; i < helpers; ++i) threads_.emplace_back([this] { help(); });
  }

  ~Crew() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      ++jobs_seen_;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  /// Threads, a caller's included.
  int size() const { return static_cast<int>(threads_.size()) + 1; }

  void run(Job& job) {
    if (threads_.empty()) return job.work();
    {
      const std::lock_guard lock(mutex_);
      jobs_.push_back(&job);
      ++jobs_seen_;
    }
    wake_.notify_all();
    attempt(job);
    {
      const std::lock_guard lock(mutex_);
      std::erase(jobs_, &job);  // nobody comes any more
    }
    const auto alone = [&] { return job.helpers == 0; };
    be_patient(alone);
    std::unique_lock lock(mutex_);
    left_.wait(lock, alone);
    if (job.failure) std::rethrow_exception(job.failure);
  }

 private:
  void attempt(Job& job) {
    try {
      job.work();
    } catch (...) {
      job.next = job.tasks;
      const std::lock_guard lock(mutex_);
      if (!job.failure) job.failure = std::current_exception();
    }
  }

  void help() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      const auto open =
          std::find_if(jobs_.begin(), jobs_.end(), [](Job* job) { return job->open(); });
      if (open == jobs_.end()) {
        wait_for_news(lock);
        continue;
      }
      Job& job = **open;
      ++job.helpers;
      lock.unlock();
      attempt(job);
      lock.lock();
      if (--job.helpers == 0) left_.notify_all();
    }
  }

  void wait_for_news(std::unique_lock<std::mutex>& lock) {
    const unsigned seen = jobs_seen_;
    lock.unlock();
    be_patient([&] { return jobs_seen_ != seen; });
    lock.lock();
    wake_.wait(lock, [&] { return jobs_seen_ != seen; });
  }

  std::mutex mutex_;
  std::condition_variable wake_, left_;
  std::vector<Job*> jobs_;
  std::atomic<unsigned> jobs_seen_{0};
  bool stopping_ = false;
  std::vector<std::thread> threads_;  // last: they start when all else is there
};

}  // namespace

int threads_for_tasks() {
  return std::min(most_threads, Crew::of_this_process().size());
}

void limit_tasks(int threads) {
  most_threads = threads > 0 ? threads : std::numeric_limits<int>::max();
}

void limit_operators(int threads) {
  // Asking first also lets libtorch set this thread up, which it does once and would undo what follows.
  static thread_local const int all = at::get_num_threads();
  if (omp_set_num_threads) omp_set_num_threads(threads > 0 ? std::min(threads, all) : all);
}

void leave_other_cores_to_run_tasks() {
  limit_operators(1);
}

void run_tasks(Unit unit, int tasks, double microseconds, const std::function<void(int)>& task) {
  Job job{
      .unit = unit, .tasks = tasks, .task = task, .most_helpers = most_threads - 1, .failure = {}};
  Crew& crew = Crew::of_this_process();
  if (tasks < 2 || most_threads < 2 || microseconds < kWorthSharing)
    job.work();
  else
    crew.run(job);
}

}  // namespace anomalyclip::cpu
