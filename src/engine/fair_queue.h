#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

namespace anomalyclip {

/// What the queue has to know of a frame that waits.
struct Ticket {
  using Time = std::chrono::steady_clock::time_point;
  std::uint64_t stream = 0;
  Time queued, deadline;
  double cost = 1;  ///< of encoding it, in any unit, above 0
  int depth = 1;    ///< frames of its stream that may wait at once
};

/// The frames that wait for the encoder, of many streams. A stream's frames leave in the order in which they came. Among
/// the streams the earliest deadline goes first, but no stream gets more than one frame's cost ahead of the one that has
/// been served least: who floods the queue waits for those who do not. A stream that was away comes back without credit.
/// Keeps no time of its own and starts no thread. Not thread-safe.
/// @tparam Item  has a Ticket `ticket`, and `bool joins(const Item&) const`: whether both may be encoded in one batch
template <typename Item>
class FairQueue {
 public:
  using Time = Ticket::Time;

  bool empty() const { return waiting() == 0; }

  void push(Item item) {
    Lane& lane = lanes_[item.ticket.stream];
    if (lane.waiting.empty()) lane.service = std::max(lane.service, service_);
    lane.depth = std::max({lane.depth, static_cast<std::size_t>(std::max(1, item.ticket.depth)),
                           lane.waiting.size() + 1});
    lane.absent = 0;
    lane.waiting.push_back(std::move(item));
  }

  /// When the next batch is to start: at once (Time::min()) when it is full, when more waits than fits into it, and when
  /// nobody is left to wait for; else when a frame has waited for `timeout`, or is due.
  Time due(std::size_t batch_size, std::chrono::steady_clock::duration timeout) const {
    if (is_complete(choose(batch_size).size(), batch_size)) return Time::min();
    Time first = Time::max();
    for (const auto& [stream, lane] : lanes_)
      for (const Item& item : lane.waiting) {
        const Ticket& ticket = item.ticket;
        first = std::min(first, ticket.queued + timeout);
        if (ticket.deadline > ticket.queued) first = std::min(first, ticket.deadline);
      }
    return first;
  }

  /// The next batch. Streams that let it start without them, though they were waited for, are not waited for again before
  /// their next frame.
  std::vector<Item> take(std::size_t batch_size) {
    const std::vector<std::uint64_t> chosen = choose(batch_size);
    const bool complete = is_complete(chosen.size(), batch_size);
    for (auto& [stream, lane] : lanes_)
      if (lane.waiting.empty()) lane.absent = complete ? lane.absent + 1 : kForgotten;
    std::vector<Item> batch;
    for (const std::uint64_t stream : chosen) {
      Lane& lane = lanes_[stream];
      service_ = std::max(service_, lane.service);
      lane.service += lane.waiting.front().ticket.cost;
      batch.push_back(std::move(lane.waiting.front()));
      lane.waiting.pop_front();
    }
    std::erase_if(lanes_, [](const auto& entry) {
      return entry.second.waiting.empty() && entry.second.absent >= kForgotten;
    });
    return batch;
  }

 private:
  /// Batches after which a stream that sends nothing is as one that never was.
  static constexpr std::size_t kForgotten = 256;

  struct Lane {
    std::deque<Item> waiting;
    double service = 0;      ///< cost of what has been taken, comparable between lanes
    std::size_t depth = 1;   ///< frames that it has had, or is allowed to have, waiting
    std::size_t absent = 0;  ///< batches that went without it since its last frame
  };

  /// A lane while a batch is put together.
  struct Turn {
    std::uint64_t stream;
    const Lane* lane;
    std::size_t limit;  ///< of frames in this batch
    double service;
    std::size_t taken = 0;

    bool has_next() const { return taken < std::min(limit, lane->waiting.size()); }
    const Item& next() const { return lane->waiting[taken]; }
  };

  std::size_t waiting() const {
    std::size_t frames = 0;
    for (const auto& [stream, lane] : lanes_) frames += lane.waiting.size();
    return frames;
  }

  static bool is_present(const Lane& lane, std::size_t batch_size) {
    return !lane.waiting.empty() || lane.absent < batch_size;
  }

  bool is_complete(std::size_t chosen, std::size_t batch_size) const {
    if (chosen >= batch_size || chosen < waiting()) return true;
    return std::none_of(lanes_.begin(), lanes_.end(), [&](const auto& entry) {
      const Lane& lane = entry.second;
      return is_present(lane, batch_size) && lane.waiting.size() < lane.depth;
    });
  }

  /// Frames of this lane in one batch: its part, and no more than another one could have brought. A stream that waits for
  /// its result before it sends the next frame would otherwise find whole batches of others in its way.
  std::size_t limit_of(const Lane& lane, std::size_t batch_size) const {
    std::size_t present = 0, others_depth = 0;
    for (const auto& [stream, other] : lanes_) {
      if (!is_present(other, batch_size)) continue;
      ++present;
      if (&other != &lane) others_depth = std::max(others_depth, other.depth);
    }
    if (others_depth == 0) return batch_size;
    return std::min((batch_size + present - 1) / present, others_depth);
  }

  /// The streams whose next frames make a batch, in turn.
  std::vector<std::uint64_t> choose(std::size_t batch_size) const {
    std::vector<Turn> turns;
    for (const auto& [stream, lane] : lanes_)
      if (!lane.waiting.empty())
        turns.push_back({stream, &lane, limit_of(lane, batch_size), lane.service});
    std::vector<std::uint64_t> chosen;
    const Item* first = nullptr;
    while (chosen.size() < batch_size) {
      Turn* turn = next_turn(turns, first);
      if (!turn) break;
      if (!first) first = &turn->next();
      chosen.push_back(turn->stream);
      turn->service += turn->next().ticket.cost;
      ++turn->taken;
    }
    return chosen;
  }

  static Turn* next_turn(std::vector<Turn>& turns, const Item* first) {
    const auto may_go = [&](const Turn& turn) {
      return turn.has_next() && (!first || turn.next().joins(*first));
    };
    double least = 0, lead = 0;
    bool any = false;
    for (const Turn& turn : turns) {
      if (!may_go(turn)) continue;
      least = any ? std::min(least, turn.service) : turn.service;
      lead = std::max(lead, turn.next().ticket.cost);
      any = true;
    }
    const auto order = [](const Turn& turn) {
      const Ticket& ticket = turn.next().ticket;
      return std::make_tuple(ticket.deadline, turn.service, ticket.queued);
    };
    Turn* best = nullptr;
    for (Turn& turn : turns)
      if (may_go(turn) && turn.service < least + lead && (!best || order(turn) < order(*best)))
        best = &turn;
    return best;
  }

  std::map<std::uint64_t, Lane> lanes_;
  double service_ = 0;  ///< of the stream that was served most when its latest frame was taken
};

}  // namespace anomalyclip
