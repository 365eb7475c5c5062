// EngineConfig::model_cache_dir.
#include <filesystem>
#include <gmock/gmock.h>
#include <sched.h>
#include <set>
#include <sys/mount.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include <anomalyclip/engine.h>
#include <anomalyclip/error.h>

#include "engine/precision.h"
#include "pictures.h"
#include "tiny_model.h"

namespace anomalyclip {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class ModelCache : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!runs_in_blocks(Precision::kFP32, at::kCPU, 128))
      GTEST_SKIP() << "this CPU has no AVX-512, and packs nothing";
  }

  EngineConfig config(Precision precision = Precision::kFP32) const {
    EngineConfig config;
    config.model = tiny_.model();
    config.device = "cpu";
    config.precision = precision;
    config.model_cache_dir = cache_;
    return config;
  }

  /// Loads, inspects, and lets go of the engine, so that the next one loads again.
  /// @param fault  of the cache, expected to be in its words; empty: none
  std::vector<float> map(const EngineConfig& config, const std::string& fault = "") const {
    const auto engine = Engine::acquire(config);
    EXPECT_THAT(engine->model().cache_fault, HasSubstr(fault));
    EXPECT_EQ(engine->model().cache_fault.empty(), fault.empty()) << engine->model().cache_fault;
    Recipe recipe;
    recipe.prompts = Prompts::load(tiny_.prompts());
    return engine->inspect(testing::Picture(83, 61, 1).view(), recipe).map->values;
  }

  std::vector<float> map_without_cache(EngineConfig config) const {
    config.model_cache_dir.clear();
    return map(config);
  }

  std::set<ino_t> inodes() const {
    std::set<ino_t> found;
    for (const auto& entry : fs::directory_iterator(cache_)) {
      struct stat status {};
      EXPECT_EQ(stat(entry.path().c_str(), &status), 0);
      found.insert(status.st_ino);
    }
    return found;
  }

  std::string only_file() const { return fs::directory_iterator(cache_)->path().string(); }

  const testing::TinyModel tiny_;
  const std::string cache_ = tiny_.folder().file("cache");
};

TEST_F(ModelCache, ASecondLoadMapsWhatTheFirstOnePackedAndGivesTheSameBits) {
  for (const Precision precision :
       {Precision::kFP32, Precision::kBF16x3, Precision::kBF16, Precision::kINT8}) {
    if (!runs_in_blocks(precision, at::kCPU, 128)) continue;
    fs::remove_all(cache_);
    const std::vector<float> expected = map_without_cache(config(precision));
    EXPECT_EQ(map(config(precision)), expected);
    const std::set<ino_t> packed = inodes();
    EXPECT_EQ(packed.size(), 1u);
    EXPECT_EQ(map(config(precision)), expected);
    EXPECT_EQ(inodes(), packed);
  }
}

TEST_F(ModelCache, PrecisionsHaveFilesOfTheirOwn) {
  if (!runs_in_blocks(Precision::kBF16, at::kCPU, 128)) GTEST_SKIP() << "only float32 here";
  map(config(Precision::kFP32));
  map(config(Precision::kBF16));
  EXPECT_EQ(inodes().size(), 2u);
}

TEST_F(ModelCache, AnotherModelInTheSamePlaceIsPackedAnew) {
  EngineConfig changing = config();
  changing.model = tiny_.write_model("changing.safetensors", [](auto&) {});
  const std::vector<float> before = map(changing);
  tiny_.write_model("changing.safetensors", [](auto& tensors) {
    tensors.at("visual.transformer.resblocks.7.attn.in_proj_weight").mul_(2);
  });
  const std::vector<float> after = map(changing);
  EXPECT_NE(after, before);
  EXPECT_EQ(after, map_without_cache(changing));
}

TEST_F(ModelCache, ADamagedFileIsReplacedAndNamed) {
  const std::vector<float> expected = map(config());
  std::fstream(only_file(), std::ios::in | std::ios::out).seekp(-1, std::ios::end).put('x');
  EXPECT_EQ(map(config(), only_file()), expected);
  EXPECT_EQ(map(config()), expected);
}

TEST_F(ModelCache, AModelThatIsNotFiniteIsNeverKept) {
  EngineConfig broken = config();
  broken.model = tiny_.write_model("broken.safetensors", [](auto& tensors) {
    tensors.at("visual.transformer.resblocks.7.attn.in_proj_weight")[0][0] = std::nan("");
  });
  for (int time = 0; time < 2; ++time) EXPECT_THROW(Engine::acquire(broken), Error);
  EXPECT_TRUE(fs::is_empty(cache_));
}

TEST_F(ModelCache, ElementsShareAnEngineWhetherTheyNameAFolderOrNot) {
  EngineConfig without = config();
  without.model_cache_dir.clear();
  const auto engine = Engine::acquire(config());
  EXPECT_EQ(Engine::acquire(without), engine);
}

TEST_F(ModelCache, AFolderThatDoesNotServeIsNamedAndTheModelRuns) {
  const std::vector<float> expected = map_without_cache(config());
  EngineConfig odd = config();
  odd.model_cache_dir = tiny_.model();
  EXPECT_EQ(map(odd, tiny_.model() + ": is a file, and a folder was expected"), expected);
  odd.model_cache_dir = tiny_.model() + "/below";
  EXPECT_EQ(map(odd, "the folder cannot be made"), expected);
}

TEST_F(ModelCache, EnginesAtOnceLeaveOneFile) {
  const std::vector<float> expected = map_without_cache(config());
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&, i] {
        EngineConfig own = config();
        own.instance_id = std::to_string(i);
        EXPECT_EQ(map(own), expected);
      });
  }
  EXPECT_EQ(inodes().size(), 1u);
}

TEST_F(ModelCache, AFullDiskIsNamedAndTheModelRuns) {
  fs::create_directory(cache_);
  const std::vector<float> expected = map_without_cache(config());
  std::jthread([&] {  // a thread's own view of the file systems
    if (unshare(CLONE_FS | CLONE_NEWNS) != 0 ||
        mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("none", cache_.c_str(), "tmpfs", 0, "size=64k") != 0)
      GTEST_SKIP() << "only root may mount a small disk";
    EXPECT_EQ(map(config(), "the disk has 0 MiB left"), expected);
    EXPECT_TRUE(fs::is_empty(cache_));
  });
}

}  // namespace
}  // namespace anomalyclip
