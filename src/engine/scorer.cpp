#include "engine/scorer.h"

#include <c10/core/InferenceMode.h>

#include "core/torch_errors.h"
#include "model/cpu/threads.h"

namespace anomalyclip {
namespace {

Outcome outcome_of(const Encoded& batch, std::size_t index) {
  if (const auto* error = std::get_if<std::exception_ptr>(&batch.features)) return *error;
  return score_encoded(std::get<EncodedBatch>(batch.features), index, batch.requests[index].frame);
}

}  // namespace

void finish(Encoded batch) {
  for (std::size_t i = 0; i < batch.requests.size(); ++i) {
    Request& request = batch.requests[i];
    Outcome outcome = outcome_of(batch, i);
    if (auto* result = std::get_if<AnomalyResult>(&outcome)) {
      const std::chrono::duration<double, std::milli> total =
          std::chrono::steady_clock::now() - request.submitted;
      result->timings.total = total.count();
      request.promise.set_value(std::move(*result));
    } else {
      request.promise.set_exception(translated(std::get<std::exception_ptr>(outcome)));
    }
  }
}

Scorer::Scorer() : thread_([this] { run(); }) {}

Scorer::~Scorer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Scorer::take(Encoded batch) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return batches_.size() < 2; });
  batches_.push_back(std::move(batch));
  changed_.notify_all();
}

bool Scorer::idle() const {
  const std::lock_guard lock(mutex_);
  return batches_.empty() && !busy_;
}

void Scorer::run() {
  const c10::InferenceMode inference;
  cpu::leave_other_cores_to_run_tasks();  // a small part of the work: the cores are the encoder's
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !batches_.empty(); });
    if (batches_.empty()) return;
    Encoded batch = std::move(batches_.front());
    batches_.pop_front();
    busy_ = true;
    lock.unlock();
    changed_.notify_all();
    finish(std::move(batch));
    lock.lock();
    busy_ = false;
  }
}

}  // namespace anomalyclip
