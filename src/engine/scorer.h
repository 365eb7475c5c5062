#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

#include "engine/request.h"

namespace anomalyclip {

/// A batch that has been encoded, or that could not be, and who waits for it.
struct Encoded {
  std::vector<Request> requests;
  std::variant<EncodedBatch, std::exception_ptr> features;
};

/// Scores the frames of a batch and hands out their results, each for itself: one bad frame does not take its neighbours
/// along.
void finish(Encoded batch);

/// finish() in a thread of its own, batch by batch in order, so that the encoder need not wait for it.
class Scorer {
 public:
  Scorer();

  /// Finishes what it has, then stops.
  ~Scorer();

  /// Returns once at most one other batch waits: features are large.
  void take(Encoded batch);

  /// Whether everything that it was given is finished.
  bool idle() const;

 private:
  void run();

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<Encoded> batches_;
  bool busy_ = false, stopping_ = false;

  std::thread thread_;  // last: starts when all else is there
};

}  // namespace anomalyclip
