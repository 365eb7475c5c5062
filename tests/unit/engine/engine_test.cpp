#include <algorithm>
#include <gmock/gmock.h>
#include <thread>

#include <gtest/gtest.h>

#include <anomalyclip/engine.h>
#include <anomalyclip/error.h>

#include "pictures.h"
#include "tiny_model.h"

namespace anomalyclip {
namespace {

using ::testing::HasSubstr;
using testing::Picture;

class EngineTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { tiny_ = new testing::TinyModel; }
  static void TearDownTestSuite() { delete tiny_; }

  EngineConfig config() const {
    EngineConfig config;
    config.model = tiny_->model();
    config.device = "cpu";
    return config;
  }

  Recipe recipe() const {
    Recipe recipe;
    recipe.prompts = Prompts::load(tiny_->prompts());
    return recipe;
  }

  AnomalyResult inspect(Engine& engine, const Recipe& recipe, int seed = 1) const {
    return engine.inspect(Picture(kWidth, kHeight, seed).view(), recipe);
  }

  static constexpr int kWidth = 83, kHeight = 61;
  static testing::TinyModel* tiny_;
};

testing::TinyModel* EngineTest::tiny_ = nullptr;

template <typename Function>
Error error_of(Function&& function) {
  try {
    function();
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorCode::kRead, "nothing was thrown");
}

TEST_F(EngineTest, EqualConfigurationsShareOneEngine) {
  const auto first = Engine::acquire(config()), second = Engine::acquire(config());
  EXPECT_EQ(first, second);
}

TEST_F(EngineTest, AnotherInstanceIdIsAnotherEngine) {
  EngineConfig other = config();
  other.instance_id = "line-2";
  EXPECT_NE(Engine::acquire(config()), Engine::acquire(other));
}

TEST_F(EngineTest, AModelReplacedOnDiskIsAnotherEngine) {
  EngineConfig changing = config();
  changing.model = tiny_->write_model("changing.safetensors", [](auto&) {});
  const auto before = Engine::acquire(changing);
  tiny_->write_model("changing.safetensors", [](auto& tensors) { tensors["logit_scale"].add_(1); });
  EXPECT_NE(before, Engine::acquire(changing));
}

TEST_F(EngineTest, AResultHasScoreMapRegionsAndTimings) {
  const auto engine = Engine::acquire(config());
  const AnomalyResult result = inspect(*engine, recipe());
  EXPECT_GE(result.score, 0);
  EXPECT_LE(result.score, 1);
  ASSERT_TRUE(result.map);
  EXPECT_EQ(result.map->width, 56);
  EXPECT_EQ(result.map->values.size(), 56u * 56u);
  EXPECT_EQ(result.map->covers, (Rect{0, 0, kWidth, kHeight}));
  EXPECT_GT(result.timings.encode, 0);
  EXPECT_GE(result.timings.total, result.timings.encode);
}

TEST_F(EngineTest, TheVerdictFollowsTheThreshold) {
  const auto engine = Engine::acquire(config());
  Recipe strict = recipe();
  strict.threshold = 0;
  EXPECT_EQ(inspect(*engine, strict).verdict, Verdict::kAnomalous);
  strict.threshold = 1;
  EXPECT_EQ(inspect(*engine, strict).verdict, Verdict::kNormal);
  Recipe unknown = recipe();
  auto prompts = std::make_shared<Prompts>(*unknown.prompts);
  prompts->threshold.reset();
  unknown.prompts = prompts;
  EXPECT_EQ(inspect(*engine, unknown).verdict, Verdict::kUnknown);
}

TEST_F(EngineTest, PixelsOutsideTheRoiChangeNothing) {
  for (const bool keeps_scale : {false, true}) {
    const auto engine = Engine::acquire(config());
    Recipe part = recipe();
    part.roi = Roi::parse("10,5,40,30");
    part.roi_keeps_scale = keeps_scale;
    Picture picture(kWidth, kHeight, 1);
    const AnomalyResult before = engine->inspect(picture.view(), part);
    for (int y = 0; y < kHeight; ++y)
      for (int x = 0; x < kWidth; ++x)
        if (x < 10 || x >= 50 || y < 5 || y >= 35)
          for (int c = 0; c < 3; ++c)
            picture.pixels()[(static_cast<std::size_t>(y) * kWidth + x) * 3 + c] ^= 0xff;
    const AnomalyResult after = engine->inspect(picture.view(), part);
    EXPECT_EQ(before.score, after.score);
    EXPECT_EQ(before.map->values, after.map->values);
    EXPECT_EQ(after.map->covers, (Rect{10, 5, 40, 30}));
  }
}

TEST_F(EngineTest, ARegionThatKeepsTheFramesScaleIsAsMuchSmallerToEncode) {
  const auto engine = Engine::acquire(config());
  Recipe part = recipe();  // 56 pixels for a frame of 83 x 61, four patches each way
  part.roi = {0.5, 0.25, 0.5, 0.75};
  part.roi_keeps_scale = true;
  const AnomalyResult result = inspect(*engine, part);
  EXPECT_EQ(result.map->width, 28);
  EXPECT_EQ(result.map->height, 42);
  EXPECT_EQ(result.map->covers, part.roi.resolve(kWidth, kHeight));
  part.roi_keeps_scale = false;
  EXPECT_EQ(inspect(*engine, part).map->width, 56);
}

TEST_F(EngineTest, ARegionKeepsAPatchAtLeast) {
  const auto engine = Engine::acquire(config());
  Recipe part = recipe();
  part.roi = {0, 0, 2, 2};
  part.roi_keeps_scale = true;
  EXPECT_EQ(inspect(*engine, part).map->values.size(), 14u * 14u);
}

TEST_F(EngineTest, AWholeFrameThatKeepsItsScaleIsAWholeFrame) {
  const auto engine = Engine::acquire(config());
  Recipe whole = recipe();
  whole.roi_keeps_scale = true;
  const AnomalyResult a = inspect(*engine, whole), b = inspect(*engine, recipe());
  EXPECT_EQ(a.score, b.score);
  EXPECT_EQ(a.map->values, b.map->values);
}

TEST_F(EngineTest, RegionsOfSeveralSizesInOneQueueGiveWhatEachGivesAlone) {
  const auto engine = Engine::acquire(config());
  std::vector<Recipe> recipes(3, recipe());
  for (Recipe& one : recipes) one.roi_keeps_scale = true;
  recipes[0].roi = {0, 0, 0.5, 0.5};
  recipes[1].roi = {0.5, 0, 0.5, 1};
  const Picture picture(kWidth, kHeight, 3);
  auto futures = engine->submit_all(picture.view(), recipes);
  for (std::size_t i = 0; i < recipes.size(); ++i)
    EXPECT_EQ(futures[i].get().map->values,
              engine->inspect(picture.view(), recipes[i]).map->values);
}

TEST_F(EngineTest, AMethodOfSquareWindowsRefusesToKeepTheScale) {
  const auto engine = Engine::acquire(config());
  Recipe windows = recipe();
  auto prompts = std::make_shared<Prompts>(*windows.prompts);
  prompts->method = "winclip";
  windows.prompts = prompts;
  windows.roi_keeps_scale = true;
  const Error error = error_of([&] { engine->check(windows); });
  EXPECT_EQ(error.code(), ErrorCode::kSettings);
  EXPECT_THAT(error.what(), HasSubstr("winclip"));
}

TEST_F(EngineTest, AMapThatNobodyWantsIsNotReturnedAndDoesNotChangeTheScore) {
  const auto engine = Engine::acquire(config());
  Recipe lean = recipe();
  lean.want_map = false;
  const AnomalyResult result = inspect(*engine, lean);
  EXPECT_FALSE(result.map);
  EXPECT_EQ(result.score, inspect(*engine, recipe()).score);
}

TEST_F(EngineTest, RegionsAreTheSameWhetherTheMapIsWantedOrNot) {
  const auto engine = Engine::acquire(config());
  Recipe full = recipe();
  const AnomalyResult plain = inspect(*engine, full);
  const auto [least, most] =
      std::minmax_element(plain.map->values.begin(), plain.map->values.end());
  full.pixel_threshold = (*least + *most) / 2.0;
  Recipe lean = full;
  lean.want_map = false;
  const AnomalyResult expected = inspect(*engine, full), found = inspect(*engine, lean);
  ASSERT_FALSE(expected.regions.empty());
  ASSERT_EQ(found.regions.size(), expected.regions.size());
  for (std::size_t i = 0; i < found.regions.size(); ++i)
    EXPECT_EQ(found.regions[i].box, expected.regions[i].box);
}

TEST_F(EngineTest, MeanIsTheMeanOfGlobalAndMapScore) {
  const auto engine = Engine::acquire(config());
  Recipe modes = recipe();
  modes.score = ScoreMode::kGlobal;
  const float global = inspect(*engine, modes).score;
  modes.score = ScoreMode::kMap;
  const float map = inspect(*engine, modes).score;
  modes.score = ScoreMode::kMean;
  EXPECT_NEAR(inspect(*engine, modes).score, (global + map) / 2, 1e-6);
}

TEST_F(EngineTest, FramesOfManyThreadsEachGetTheirOwnResult) {
  EngineConfig batched = config();
  batched.instance_id = "batched";
  batched.batch_size = 4;
  batched.batch_timeout_ms = 5;
  const auto engine = Engine::acquire(batched), alone = Engine::acquire(config());
  constexpr int kThreads = 4, kFrames = 20;
  std::vector<std::vector<float>> scores(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < kFrames; ++i)
        scores[t].push_back(inspect(*engine, recipe(), t * kFrames + i).score);
    });
  for (auto& thread : threads) thread.join();
  for (int t = 0; t < kThreads; ++t)
    for (int i = 0; i < kFrames; ++i)
      EXPECT_NEAR(scores[t][i], inspect(*alone, recipe(), t * kFrames + i).score, 1e-5)
          << t << ' ' << i;
}

TEST_F(EngineTest, SeveralRecipesOfOneFrameShareItsEncodingAndGiveWhatEachGivesAlone) {
  const auto engine = Engine::acquire(config());
  Recipe global = recipe(), map = recipe(), part = recipe();
  global.score = ScoreMode::kMean;  // needs the same layers as the next but one
  map.score = ScoreMode::kMap;
  Recipe mean = global;
  mean.threshold = 0.25;
  part.roi = {0, 0, 0.5, 0.5};
  const std::vector<Recipe> recipes = {global, map, mean, part};
  const Picture picture(kWidth, kHeight, 3);
  auto futures = engine->submit_all(picture.view(), recipes);
  ASSERT_EQ(futures.size(), recipes.size());
  std::vector<AnomalyResult> results;
  for (auto& future : futures) results.push_back(future.get());
  EXPECT_EQ(results[0].timings.encode, results[2].timings.encode);  // one and the same run
  for (std::size_t i = 0; i < recipes.size(); ++i) {
    const AnomalyResult alone = engine->inspect(picture.view(), recipes[i]);
    EXPECT_EQ(results[i].score, alone.score) << i;
    EXPECT_EQ(results[i].map->values, alone.map->values) << i;
    EXPECT_EQ(results[i].threshold, alone.threshold) << i;
  }
}

TEST_F(EngineTest, QueuedFramesAreFinishedWhenTheEngineGoes) {
  auto engine = Engine::acquire(config());
  const Picture picture(kWidth, kHeight, 3);
  std::vector<std::future<AnomalyResult>> results;
  for (int i = 0; i < 10; ++i) results.push_back(engine->submit(picture.view(), recipe()));
  engine.reset();
  for (auto& result : results) EXPECT_NO_THROW(result.get());
}

TEST_F(EngineTest, PromptsOfAnotherModelAreRefusedWithBothFingerprints) {
  const auto engine = Engine::acquire(config());
  Recipe wrong = recipe();
  wrong.prompts = Prompts::load(tiny_->write_prompts("other.safetensors", [](Prompts& prompts) {
    prompts.model_fingerprint = std::string(64, 'a');
  }));
  const Error error = error_of([&] { engine->check(wrong); });
  EXPECT_EQ(error.code(), ErrorCode::kMismatch);
  EXPECT_THAT(error.what(), HasSubstr(std::string(64, 'a')));
  EXPECT_THAT(error.what(), HasSubstr(engine->model().fingerprint));
  EXPECT_THAT(error.what(), HasSubstr("anomalyclip convert --prompts"));
}

TEST_F(EngineTest, ALayerThatTheModelLacksIsRefused) {
  const auto engine = Engine::acquire(config());
  Recipe wrong = recipe();
  wrong.prompts = Prompts::load(
      tiny_->write_prompts("deep.safetensors", [](Prompts& prompts) { prompts.features = {9}; }));
  EXPECT_EQ(error_of([&] { engine->check(wrong); }).code(), ErrorCode::kMismatch);
}

TEST_F(EngineTest, AnImageSizeOffThePatchGridIsRefusedWithTheNearest) {
  const auto engine = Engine::acquire(config());
  Recipe wrong = recipe();
  wrong.image_size = 60;
  const Error error = error_of([&] { engine->check(wrong); });
  EXPECT_EQ(error.code(), ErrorCode::kSettings);
  EXPECT_THAT(error.what(), HasSubstr("the nearest is 56"));
}

TEST_F(EngineTest, AModelThatIsNotThereIsNotFound) {
  EngineConfig wrong = config();
  wrong.model = tiny_->folder().file("absent.safetensors");
  const Error error = error_of([&] { Engine::acquire(wrong); });
  EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  EXPECT_THAT(error.what(), HasSubstr("absent.safetensors"));
}

TEST_F(EngineTest, AMissingTensorIsNamed) {
  EngineConfig wrong = config();
  wrong.model = tiny_->write_model("missing.safetensors", [](auto& tensors) {
    tensors.erase("visual.transformer.resblocks.3.mlp.c_fc.weight");
  });
  const Error error = error_of([&] { Engine::acquire(wrong); });
  EXPECT_EQ(error.code(), ErrorCode::kMismatch);
  EXPECT_THAT(error.what(), HasSubstr("visual.transformer.resblocks.3.mlp.c_fc.weight"));
}

TEST_F(EngineTest, WeightsThatAreNotNumbersAreRefused) {
  EngineConfig wrong = config();
  wrong.model = tiny_->write_model("nan.safetensors", [](auto& tensors) {
    tensors["visual.ln_post.bias"][0] = std::numeric_limits<float>::quiet_NaN();
  });
  const Error error = error_of([&] { Engine::acquire(wrong); });
  EXPECT_EQ(error.code(), ErrorCode::kNotFinite);
  EXPECT_THAT(error.what(), HasSubstr("visual.ln_post.bias"));
}

TEST_F(EngineTest, AFrameThatOverflowsFailsAloneAndTheEngineLives) {
  EngineConfig hot = config();
  hot.model = tiny_->write_model("hot.safetensors", [](auto& tensors) {
    // Finite weights, infinite products: what a broken conversion looks like.
    tensors["visual.transformer.resblocks.7.attn.out_proj.weight"].fill_(3e38f);
  });
  const auto engine = Engine::acquire(hot);
  Recipe own = recipe();
  own.prompts = Prompts::load(tiny_->prompts());
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(error_of([&] { inspect(*engine, own, i); }).code(), ErrorCode::kNotFinite);
}

TEST_F(EngineTest, ALimitOfThreadsChangesNoResult) {
  EngineConfig limited = config();
  limited.instance_id = "limited";
  limited.threads = 1;
  const auto one = Engine::acquire(limited), all = Engine::acquire(config());
  EXPECT_EQ(inspect(*one, recipe()).map->values, inspect(*all, recipe()).map->values);
}

TEST_F(EngineTest, ANegativeLimitOfThreadsIsRefused) {
  EngineConfig wrong = config();
  wrong.threads = -1;
  EXPECT_THAT(error_of([&] { Engine::acquire(wrong); }).what(), HasSubstr("threads"));
}

/// Mean difference of the maps in this precision and in float32.
double map_error(const AnomalyResult& a, const AnomalyResult& b) {
  double difference = 0;
  for (std::size_t i = 0; i < a.map->values.size(); ++i)
    difference += std::abs(a.map->values[i] - b.map->values[i]);
  return difference / static_cast<double>(a.map->values.size());
}

TEST_F(EngineTest, Fp8OnACpuIsRefusedWithWhatRunsThere) {
  EngineConfig eight = config();
  eight.device = "cpu";
  eight.precision = Precision::kFP8;
  const Error error = error_of([&] { Engine::acquire(eight); });
  EXPECT_EQ(error.code(), ErrorCode::kSettings);
  EXPECT_THAT(error.what(), HasSubstr("fp8 is not available on cpu"));
  EXPECT_THAT(error.what(), HasSubstr("compute capability 8.9"));
  EXPECT_THAT(error.what(), HasSubstr("cpu runs fp32"));
}

TEST_F(EngineTest, LowerPrecisionsAreNearFloat32) {
  const AnomalyResult exact = inspect(*Engine::acquire(config()), recipe());
  for (const Precision precision : {Precision::kBF16, Precision::kINT8}) {
    EngineConfig lower = config();
    lower.precision = precision;
    try {
      EXPECT_LT(map_error(inspect(*Engine::acquire(lower), recipe()), exact), 0.02)
          << to_string(precision);
    } catch (const Error& error) {  // int8 runs where VNNI is
      EXPECT_THAT(error.what(), HasSubstr("precision int8 is not available"));
    }
  }
}

}  // namespace
}  // namespace anomalyclip
