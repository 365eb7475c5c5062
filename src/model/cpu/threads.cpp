#include "model/cpu/threads.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
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

/// Tasks first..last - 1 of a job, of which `next` is to be taken next.
struct alignas(64) Run {  // a cache line of its own: threads write to theirs
  std::atomic<int> next{0};
  int last = 0;
};

/// One call of run_tasks(), on its caller's stack.
struct Job {
  Unit unit;
  const std::function<void(int)>& task;
  int most_helpers;
  std::vector<Run> runs;
  std::atomic<int> helpers{0};
  std::exception_ptr failure;  // the first one; guarded by the crew's mutex

  Job(Unit on, int tasks, const std::function<void(int)>& what, int most, int parts)
      : unit(on), task(what), most_helpers(most), runs(static_cast<std::size_t>(parts)) {
    for (int i = 0; i < parts; ++i) {
      Run& run = runs[static_cast<std::size_t>(i)];
      run.next = static_cast<int>(std::int64_t{tasks} * i / parts);
      run.last = static_cast<int>(std::int64_t{tasks} * (i + 1) / parts);
    }
  }

  bool open() const {
    return helpers < most_helpers && std::any_of(runs.begin(), runs.end(), [](const Run& run) {
             return run.next.load(std::memory_order_relaxed) < run.last;
           });
  }

  /// @param thread  whose run comes first: 0 is the caller
  void work(std::size_t thread) {
    const ProductSession session(unit);
    for (std::size_t i = 0; i < runs.size(); ++i) {
      Run& run = runs[(thread + i) % runs.size()];
      for (int next = run.next++; next < run.last; next = run.next++) task(next);
    }
  }

  void abandon() {
    for (Run& run : runs) run.next = run.last;
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
    for (int i = 1; i <= helpers; ++i)
      threads_.emplace_back([this, i] { help(static_cast<std::size_t>(i)); });
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
    if (threads_.empty()) return job.work(0);
    {
      const std::lock_guard lock(mutex_);
      jobs_.push_back(&job);
      ++jobs_seen_;
    }
    wake_.notify_all();
    attempt(job, 0);
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
  void attempt(Job& job, std::size_t thread) {
    try {
      job.work(thread);
    } catch (...) {
      job.abandon();
      const std::lock_guard lock(mutex_);
      if (!job.failure) job.failure = std::current_exception();
    }
  }

  void help(std::size_t thread) {
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
      attempt(job, thread);
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

TaskLimit::TaskLimit(int threads) : before_(most_threads) {
  limit_tasks(threads);
}

TaskLimit::~TaskLimit() {
  most_threads = before_;
}

void limit_operators(int threads) {
  // Asking first also lets libtorch set this thread up, which it does once and would undo what follows.
  static thread_local const int all = at::get_num_threads();
  if (omp_set_num_threads) omp_set_num_threads(threads > 0 ? std::min(threads, all) : all);
}

void leave_other_cores_to_run_tasks() {
  Crew::of_this_process();  // as large as it would be in any other thread: this one's limit is not the crew's
  limit_operators(1);
}

void run_tasks(Unit unit, int tasks, double microseconds, const std::function<void(int)>& task,
               Share share) {
  const bool alone = tasks < 2 || most_threads < 2 || microseconds < kWorthSharing;
  const int parts = alone || share == Share::kInTurn ? 1 : threads_for_tasks();
  Job job(unit, tasks, task, most_threads - 1, parts);
  if (alone)
    job.work(0);
  else
    Crew::of_this_process().run(job);
}

}  // namespace anomalyclip::cpu
