#pragma once

#include <functional>

#include "model/cpu/product.h"

namespace anomalyclip::cpu {

/// How the threads of one call share its tasks.
enum class Share {
  kInTurn,  ///< as they become free, in order: neighbours share what they read
  kApart,  ///< each its own run of neighbours, and what others have left when that is done: a thread finds in its own caches
           ///< what it wrote when it had the same part of an earlier call
};

/// Runs `tasks` calls of `task(index)` in this thread and in those of a crew that the whole process shares, as many in all
/// as libtorch uses (OMP_NUM_THREADS) when this is first called. Each runs inside a ProductSession. Thread-safe.
/// Throws what a task throws first.
/// @param microseconds  about how long all tasks take one thread: little work is not worth another thread's attention
void run_tasks(Unit unit, int tasks, double microseconds, const std::function<void(int)>& task,
               Share share = Share::kInTurn);

/// As many threads as a call of run_tasks() from this one uses at the most.
int threads_for_tasks();

/// For the calling thread alone: its calls of run_tasks() use at most so many threads, itself included; 0: all.
void limit_tasks(int threads);

/// limit_tasks() while it lives, and what was before afterwards: for a thread that is somebody else's.
class TaskLimit {
 public:
  explicit TaskLimit(int threads);
  ~TaskLimit();
  TaskLimit(const TaskLimit&) = delete;
  TaskLimit& operator=(const TaskLimit&) = delete;

 private:
  int before_;
};

/// For the calling thread alone: libtorch's operators that it calls use at most so many threads; 0: as many as libtorch
/// uses (OMP_NUM_THREADS).
void limit_operators(int threads);

/// For a thread that encodes by run_tasks(): libtorch's operators, of which little is left there, then run in this thread.
/// Their own threads would wait for more of the same on the cores that the crew needs. Changes no other thread.
void leave_other_cores_to_run_tasks();

}  // namespace anomalyclip::cpu
