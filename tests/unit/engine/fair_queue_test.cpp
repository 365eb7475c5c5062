// Who goes when, with time that the tests make.
#include "engine/fair_queue.h"

#include <optional>
#include <string>

#include <gtest/gtest.h>

namespace anomalyclip {
namespace {

using std::chrono::milliseconds;
using Time = Ticket::Time;

Time at(int ms) {
  return Time(milliseconds(ms));
}

struct Frame {
  Ticket ticket;
  int number = 0, kind = 0;
  bool joins(const Frame& other) const { return kind == other.kind; }
};

Frame frame(std::uint64_t stream, int number = 0, int queued_ms = 0) {
  Frame frame;
  frame.ticket.stream = stream;
  frame.ticket.queued = frame.ticket.deadline = at(queued_ms);
  frame.number = number;
  return frame;
}

Frame urgent(std::uint64_t stream, int deadline_ms) {
  Frame result = frame(stream);
  result.ticket.deadline = at(deadline_ms);
  return result;
}

class FairQueueTest : public ::testing::Test {
 protected:
  /// The streams of the next `frames` frames, one batch each.
  std::string order(int frames) {
    std::string streams;
    for (int i = 0; i < frames; ++i) streams += std::to_string(queue_.take(1).at(0).ticket.stream);
    return streams;
  }

  /// The streams of the next batch.
  std::string batch(std::size_t size) {
    std::string streams;
    for (const Frame& frame : queue_.take(size)) streams += std::to_string(frame.ticket.stream);
    return streams;
  }

  void push(std::uint64_t stream, int frames) {
    for (int i = 0; i < frames; ++i) queue_.push(frame(stream, i));
  }

  /// Two streams that send one frame at a time have had one batch together.
  void meet() {
    push(1, 1);
    push(2, 1);
    queue_.take(2);
  }

  FairQueue<Frame> queue_;
};

TEST_F(FairQueueTest, FramesOfAStreamLeaveInTheirOrderWhateverTheirDeadlines) {
  for (int i = 0; i < 5; ++i) {
    Frame later = urgent(1, 100 - i);
    later.number = i;
    queue_.push(later);
  }
  for (int i = 0; i < 5; ++i) EXPECT_EQ(queue_.take(1).at(0).number, i);
  EXPECT_TRUE(queue_.empty());
}

TEST_F(FairQueueTest, TheEarliestDeadlineGoesFirst) {
  queue_.push(urgent(1, 30));
  queue_.push(urgent(2, 10));
  queue_.push(urgent(3, 20));
  EXPECT_EQ(order(3), "231");
}

TEST_F(FairQueueTest, NoDeadlineGetsAStreamMoreThanOneFrameAhead) {
  for (int i = 0; i < 4; ++i) {
    queue_.push(urgent(1, 100));
    queue_.push(urgent(2, 10));
  }
  EXPECT_EQ(order(8), "21212121");
}

TEST_F(FairQueueTest, AStreamThatFloodsTheQueueKeepsNobodyWaiting) {
  push(1, 50);
  order(3);
  push(2, 1);
  EXPECT_EQ(order(2).find('2'), 0u);
}

TEST_F(FairQueueTest, FramesCountByTheirCost) {
  for (int i = 0; i < 20; ++i) {
    Frame large = frame(1);
    large.ticket.cost = 4;
    queue_.push(large);
    queue_.push(frame(2));
  }
  const std::string streams = order(20);
  EXPECT_EQ(std::count(streams.begin(), streams.end(), '1'), 4);
}

TEST_F(FairQueueTest, AStreamThatWasAwayComesBackWithoutCredit) {
  push(2, 1);
  order(1);
  push(1, 60);
  order(50);
  push(2, 5);
  EXPECT_EQ(order(6), "212121");
}

TEST_F(FairQueueTest, ABatchHoldsFramesThatEncodeAlikeAndTheOthersAreNext) {
  for (const std::uint64_t stream : {1, 2, 3, 4}) {
    Frame one = frame(stream);
    one.kind = static_cast<int>(stream % 2);
    queue_.push(one);
  }
  EXPECT_EQ(batch(4), "13");
  EXPECT_EQ(batch(4), "24");
}

TEST_F(FairQueueTest, ABatchIsSharedAmongTheStreamsThatWait) {
  push(1, 20);
  push(2, 20);
  const std::string streams = batch(8);
  EXPECT_EQ(streams.size(), 8u);
  EXPECT_EQ(std::count(streams.begin(), streams.end(), '1'), 4);
}

TEST_F(FairQueueTest, AFrameWaitsForOthersUntilTheTimeout) {
  meet();
  queue_.push(frame(1, 1, 7));
  EXPECT_EQ(queue_.due(4, milliseconds(20)), at(27));
}

TEST_F(FairQueueTest, NobodyWaitsBeyondADeadline) {
  meet();
  Frame due = urgent(1, 12);
  due.ticket.queued = at(7);
  queue_.push(due);
  EXPECT_EQ(queue_.due(4, milliseconds(20)), at(12));
}

TEST_F(FairQueueTest, ADeadlineThatHasPassedIsNoReasonToGoAlone) {
  meet();
  Frame late = urgent(1, 3);
  late.ticket.queued = at(7);
  queue_.push(late);
  EXPECT_EQ(queue_.due(4, milliseconds(20)), at(27));
}

TEST_F(FairQueueTest, AFullBatchStartsAtOnce) {
  meet();
  push(1, 3);
  EXPECT_EQ(queue_.due(3, milliseconds(20)), Time::min());
}

TEST_F(FairQueueTest, ABatchStartsAtOnceWhenEveryStreamHasAllItsFramesInIt) {
  meet();
  push(1, 1);
  EXPECT_GT(queue_.due(4, milliseconds(20)), Time::min());
  push(2, 1);
  EXPECT_EQ(queue_.due(4, milliseconds(20)), Time::min());
}

TEST_F(FairQueueTest, ABatchStartsAtOnceWhenFramesWaitThatDoNotFitIt) {
  meet();
  push(1, 1);
  Frame other = frame(3);
  other.kind = 1;
  other.ticket.depth = 2;
  queue_.push(other);
  EXPECT_EQ(queue_.due(4, milliseconds(20)), Time::min());
}

TEST_F(FairQueueTest, AStreamThatLetABatchGoIsNotWaitedForBeforeItsNextFrame) {
  meet();
  push(1, 1);
  EXPECT_GT(queue_.due(4, milliseconds(20)), Time::min());
  queue_.take(4);  // the timeout is over, and stream 2 has not come
  push(1, 1);
  EXPECT_EQ(queue_.due(4, milliseconds(20)), Time::min());
  push(2, 1);
  queue_.take(4);
  push(1, 1);
  EXPECT_GT(queue_.due(4, milliseconds(20)), Time::min());
}

/// Eight streams and one encoder that takes 4 ms an image and is never idle: stream 0 always has 64 frames waiting, the
/// others send a frame when they have had the last one's result for a while.
class Fairness : public ::testing::TestWithParam<std::tuple<int, int>> {};

INSTANTIATE_TEST_SUITE_P(BatchSizesAndTurnarounds, Fairness,
                         ::testing::Combine(::testing::Values(1, 2, 8, 64),
                                            ::testing::Values(1, 3, 20)));

TEST_P(Fairness, SevenSlowStreamsBesideAFastOneGetAtLeastHalfOfTheirShare) {
  const auto [batch_size, turnaround] = GetParam();
  constexpr int kStreams = 8, kFrames = 4000;
  FairQueue<Frame> queue;
  std::vector<std::optional<int>> comes(kStreams, 0);  // when each slow stream's next frame comes
  std::vector<int> served(kStreams), waiting(kStreams);
  int now = 0, all = 0;
  while (all < kFrames) {
    for (; waiting[0] < 64; ++waiting[0]) {
      queue.push(frame(0, 0, now));
    }
    for (int stream = 1; stream < kStreams; ++stream)
      if (comes[stream] && *comes[stream] <= now) {
        queue.push(frame(static_cast<std::uint64_t>(stream), 0, *comes[stream]));
        comes[stream].reset();
      }
    const std::vector<Frame> batch = queue.take(static_cast<std::size_t>(batch_size));
    now += 4 * static_cast<int>(batch.size());
    for (const Frame& frame : batch) {
      const auto stream = static_cast<int>(frame.ticket.stream);
      ++served[stream];
      ++all;
      if (stream == 0)
        --waiting[0];
      else
        comes[stream] = now + turnaround;
    }
  }
  for (int stream = 0; stream < kStreams; ++stream)
    EXPECT_GE(served[stream], all / kStreams / 2) << "stream " << stream;
}

}  // namespace
}  // namespace anomalyclip
