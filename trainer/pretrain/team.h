#pragma once

#include <barrier>
#include <exception>
#include <functional>
#include <thread>

namespace anomalyclip::pretrain {

/// Two threads that work in step, whatever the machine has: each takes one half of every batch, so that sums are made
/// in the same order everywhere.
class Team {
 public:
  static constexpr int kMembers = 2;

  Team() : helper_([this] { help(); }) {}

  ~Team() {
    work_ = nullptr;
    start_.arrive_and_wait();
  }

  /// Calls work(0) here and work(1) on the other thread, and waits for both. @throws what they throw
  void run(const std::function<void(int)>& work) {
    work_ = &work;
    start_.arrive_and_wait();
    std::exception_ptr mine;
    try {
      work(0);
    } catch (...) {
      mine = std::current_exception();
    }
    done_.arrive_and_wait();
    if (mine == nullptr) mine = failure_;
    failure_ = nullptr;
    if (mine != nullptr) std::rethrow_exception(mine);
  }

 private:
  void help() {
    while (true) {
      start_.arrive_and_wait();
      if (work_ == nullptr) return;
      try {
        (*work_)(1);
      } catch (...) {
        failure_ = std::current_exception();
      }
      done_.arrive_and_wait();
    }
  }

  const std::function<void(int)>* work_ = nullptr;
  std::exception_ptr failure_;
  std::barrier<> start_{kMembers}, done_{kMembers};
  std::jthread helper_;
};

}  // namespace anomalyclip::pretrain
