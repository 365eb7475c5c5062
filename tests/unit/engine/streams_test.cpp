// Many streams at one engine.
#include <thread>

#include <gtest/gtest.h>

#include <anomalyclip/engine.h>
#include <anomalyclip/error.h>

#include "pictures.h"
#include "tiny_model.h"

namespace anomalyclip {
namespace {

using testing::Picture;

class StreamsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { tiny_ = new testing::TinyModel; }
  static void TearDownTestSuite() { delete tiny_; }

  static std::shared_ptr<Engine> engine(const char* id, int batch_size = 1, int timeout_ms = 0) {
    EngineConfig config;
    config.model = tiny_->model();
    config.device = "cpu";
    config.instance_id = id;
    config.batch_size = batch_size;
    config.batch_timeout_ms = timeout_ms;
    return Engine::acquire(config);
  }

  static Recipe recipe(int image_size = 0) {
    Recipe recipe;
    recipe.prompts = Prompts::load(tiny_->prompts());
    recipe.image_size = image_size;
    return recipe;
  }

  static testing::TinyModel* tiny_;
};

testing::TinyModel* StreamsTest::tiny_ = nullptr;

void expect_equal(const AnomalyResult& a, const AnomalyResult& b, double tolerance) {
  EXPECT_NEAR(a.score, b.score, tolerance);
  ASSERT_EQ(a.map->values.size(), b.map->values.size());
  EXPECT_EQ(a.map->covers, b.map->covers);
  for (std::size_t i = 0; i < a.map->values.size(); ++i)
    ASSERT_NEAR(a.map->values[i], b.map->values[i], tolerance) << i;
}

TEST_F(StreamsTest, BatchesOfManyStreamsGiveWhatEachFrameGivesAlone) {
  const auto batched = engine("batched", 8, 50), alone = engine("alone");
  constexpr std::uint64_t kStreams = 6;
  constexpr int kFrames = 12;
  std::vector<Recipe> recipes(kStreams, recipe());
  recipes[1].roi = {0.25, 0.25, 0.5, 0.5};
  recipes[2].score = ScoreMode::kMap;  // needs other layers
  recipes[3].image_size = 84;
  std::vector<std::vector<AnomalyResult>> results(kStreams);
  std::vector<std::thread> threads;
  for (std::uint64_t stream = 0; stream < kStreams; ++stream)
    threads.emplace_back([&, stream] {
      std::vector<std::future<AnomalyResult>> futures;
      for (int i = 0; i < kFrames; ++i)
        futures.push_back(
            batched->submit(Picture(83, 61, static_cast<int>(stream) * 100 + i).view(),
                            recipes[stream], {.stream = stream + 1, .deadline = {}}));
      for (auto& future : futures) results[stream].push_back(future.get());
    });
  for (auto& thread : threads) thread.join();
  for (std::uint64_t stream = 0; stream < kStreams; ++stream)
    for (int i = 0; i < kFrames; ++i) {
      SCOPED_TRACE(std::to_string(stream) + ", frame " + std::to_string(i));
      const Picture picture(83, 61, static_cast<int>(stream) * 100 + i);
      expect_equal(results[stream][i], alone->inspect(picture.view(), recipes[stream]), 1e-4);
    }
}

TEST_F(StreamsTest, AFloodOfFramesKeepsAnotherStreamsFrameWaitingForOneOfThemOnly) {
  const auto shared = engine("flooded");
  const Picture picture(83, 61, 1);
  const Recipe plain = recipe(), large = recipe(784);
  shared->warm_up(plain);
  const Turn fast{.stream = 1, .deadline = {}}, slow{.stream = 2, .deadline = {}};
  auto occupied = shared->submit(picture.view(), large, {.stream = 3, .deadline = {}});
  std::vector<std::future<AnomalyResult>> flood;
  for (int i = 0; i < 30; ++i) flood.push_back(shared->submit(picture.view(), plain, fast));
  auto other = shared->submit(picture.view(), plain, slow);
  ASSERT_NE(occupied.wait_for(std::chrono::seconds::zero()), std::future_status::ready)
      << "the encoder should have been busy until here";
  // Queued last, and started before nearly all of them.
  const double waited = other.get().timings.queue;
  for (std::size_t i = 0; i < flood.size(); ++i) {
    const double theirs = flood[i].get().timings.queue;
    if (i >= 2) {
      EXPECT_GT(theirs, waited) << i;
    }
  }
}

TEST_F(StreamsTest, TheFrameThatIsWantedFirstGoesFirst) {
  const auto shared = engine("deadlines");
  const Picture picture(83, 61, 1);
  const Recipe plain = recipe(), large = recipe(784);
  shared->warm_up(plain);
  auto occupied = shared->submit(picture.view(), large, {.stream = 3, .deadline = {}});
  const auto now = std::chrono::steady_clock::now();
  auto first = shared->submit(picture.view(), plain,
                              {.stream = 1, .deadline = now + std::chrono::seconds(20)});
  auto second = shared->submit(picture.view(), plain,
                               {.stream = 2, .deadline = now + std::chrono::seconds(10)});
  ASSERT_NE(occupied.wait_for(std::chrono::seconds::zero()), std::future_status::ready)
      << "the encoder should have been busy until here";
  EXPECT_GT(first.get().timings.queue, second.get().timings.queue);
}

TEST_F(StreamsTest, AStreamThatEndedIsWaitedForOnceAtMost) {
  constexpr int kTimeout = 2000, kFrames = 6;
  const auto shared = engine("ended", 4, kTimeout);
  const Picture picture(83, 61, 1);
  std::vector<std::future<AnomalyResult>> together;
  for (const std::uint64_t stream : {1, 2})
    together.push_back(
        shared->submit(picture.view(), recipe(), {.stream = stream, .deadline = {}}));
  for (auto& future : together) future.get();
  int waits = 0;
  for (int i = 0; i < kFrames; ++i) {
    auto result = shared->submit(picture.view(), recipe(), {.stream = 1, .deadline = {}}).get();
    waits += result.timings.queue > kTimeout / 2;
  }
  EXPECT_LE(waits, 1);
}

TEST_F(StreamsTest, AFrameThatFailsLeavesItsBatchAlone) {
  const auto shared = engine("failing", 2, 2000);
  const Picture picture(83, 61, 1);
  auto prompts = std::make_shared<Prompts>(*recipe().prompts);
  prompts->text_features.assign(prompts->text_features.size(),
                                std::numeric_limits<float>::quiet_NaN());
  Recipe broken = recipe();
  broken.prompts = prompts;
  auto bad = shared->submit(picture.view(), broken, {.stream = 1, .deadline = {}});
  auto good = shared->submit(picture.view(), recipe(), {.stream = 2, .deadline = {}});
  EXPECT_THROW(bad.get(), Error);
  EXPECT_NO_THROW(good.get());
}

}  // namespace
}  // namespace anomalyclip
