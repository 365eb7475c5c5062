#pragma once

#include <chrono>
#include <future>
#include <vector>

#include <anomalyclip/result.h>

#include "engine/batch_inspector.h"
#include "engine/fair_queue.h"

namespace anomalyclip {

/// One frame that somebody waits for.
struct Request {
  PreparedFrame frame;
  std::promise<AnomalyResult> promise;
  std::chrono::steady_clock::time_point submitted, queued;
};

/// An image to encode, for one request or for several of the same frame.
struct Exposure {
  Ticket ticket;
  std::vector<Request> requests;  ///< at least one; they share the image, and all encode alike

  const PreparedFrame& frame() const { return requests.front().frame; }
  bool joins(const Exposure& other) const {
    return frame().recipe.encodes_like(other.frame().recipe);
  }
};

}  // namespace anomalyclip
