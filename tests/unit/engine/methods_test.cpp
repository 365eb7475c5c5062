// WinCLIP and VAND through the engine, against a few lines of PyTorch (tests/golden/make_methods.py).
#include <ATen/TensorOperators.h>
#include <ATen/ops/from_blob.h>

#include <gtest/gtest.h>

#include <anomalyclip/engine.h>

#include "checkpoint/prompt_tensors.h"
#include "expect_error.h"
#include "golden.h"
#include "image/load_image.h"
#include "tiny_model.h"

namespace anomalyclip {
namespace {

using testing::expect_error;
using testing::Golden;
using testing::max_difference;

constexpr double kTolerance = 1e-4;
const std::vector<int> kLayers = {2, 5, 8};

const Golden& golden() {
  static const Golden methods("methods.safetensors");
  return methods;
}

using Change = std::function<void(Prompts&)>;

void plain_clip(Prompts& prompts, const std::string& method) {
  prompts.method = method;
  prompts.image_size = 98;
  prompts.dpam_from = 0;
  prompts.sigma = 0;
  prompts.global_ln_post = true;
  prompts.positions = Interpolation::kBicubic;
  prompts.threshold.reset();
  prompts.pixel_threshold.reset();
}

void winclip(Prompts& prompts) {
  plain_clip(prompts, "winclip");
}

void winclip_with_reference(Prompts& prompts) {
  winclip(prompts);
  for (const std::string key :
       {"references.windows.2", "references.windows.3", "references.patches"})
    prompts.tensors[key] = to_prompt_tensor(golden()["winclip." + key]);
}

void vand(Prompts& prompts) {
  plain_clip(prompts, "vand");
  prompts.temperature = 0.01;
  prompts.activation = Activation::kGelu;
  prompts.features = kLayers;
  for (const int layer : kLayers) {
    prompts.tensors[adapter_key(layer, "weight")] =
        to_prompt_tensor(testing::noise(7100 + layer, {48, 128}, 0.3f));
    prompts.tensors[adapter_key(layer, "bias")] =
        to_prompt_tensor(testing::noise(7200 + layer, {48}, 0.3f));
  }
}

void vand_with_reference(Prompts& prompts) {
  vand(prompts);
  for (const int layer : kLayers)
    prompts.tensors[reference_key(layer)] =
        to_prompt_tensor(golden()["vand." + reference_key(layer)]);
}

class Methods : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    tiny_ = new testing::TinyModel;
    EngineConfig config;
    config.model = tiny_->model();
    config.device = "cpu";
    config.precision = Precision::kFP32;
    engine_ = new std::shared_ptr<Engine>(Engine::acquire(config));
  }
  static void TearDownTestSuite() {
    delete engine_;
    delete tiny_;
  }

  /// Through a file, as elements and commands take it.
  static Recipe recipe(const Change& change) {
    Recipe recipe;
    recipe.prompts = Prompts::load(tiny_->write_prompts("method.safetensors", change));
    return recipe;
  }

  static AnomalyResult inspect(const Recipe& recipe,
                               const std::string& name = "preprocess_333x211.png") {
    const Image image = load_image(testing::golden_path(name));
    return (*engine_)->inspect(image.view(), recipe);
  }

  static at::Tensor map_of(const AnomalyResult& result) {
    auto* values = const_cast<float*>(result.map->values.data());
    return at::from_blob(values, {result.map->height, result.map->width}, at::kFloat);
  }

  static void expect_golden(const Change& change, const std::string& name) {
    const AnomalyResult result = inspect(recipe(change));
    EXPECT_LE(max_difference(map_of(result), golden()[name + ".map"]), kTolerance);
    EXPECT_NEAR(result.score, golden()[name + ".score"].item<float>(), kTolerance);
  }

  static testing::TinyModel* tiny_;
  static std::shared_ptr<Engine>* engine_;
};

testing::TinyModel* Methods::tiny_ = nullptr;
std::shared_ptr<Engine>* Methods::engine_ = nullptr;

TEST_F(Methods, WinclipIsTheReferences) {
  expect_golden(winclip, "winclip");
}

TEST_F(Methods, WinclipWithAReferenceImageIsTheReferences) {
  expect_golden(winclip_with_reference, "winclip.few");
}

TEST_F(Methods, VandIsTheReferences) {
  expect_golden(vand, "vand");
}

TEST_F(Methods, VandWithAReferenceImageIsTheReferences) {
  expect_golden(vand_with_reference, "vand.few");
}

TEST_F(Methods, AReferenceImageIsNearerToItselfThanAnother) {
  for (const Change& change : {Change(winclip_with_reference), Change(vand_with_reference)}) {
    Recipe near = recipe(change), far = near;
    near.score = far.score = ScoreMode::kMap;
    EXPECT_LT(inspect(near, "images/rgb.png").score, inspect(far).score);
  }
}

TEST_F(Methods, AScoreWithoutAMapIsTheSameScore) {
  for (const Change& change : {Change(winclip), Change(winclip_with_reference), Change(vand),
                               Change(vand_with_reference)}) {
    Recipe lean = recipe(change);
    const float score = inspect(lean).score;
    lean.want_map = false;
    EXPECT_NEAR(inspect(lean).score, score, 1e-6);
  }
}

TEST_F(Methods, EveryMethodTakesTurnsOnOneEngineInOneBatch) {
  EngineConfig config;
  config.model = tiny_->model();
  config.device = "cpu";
  config.precision = Precision::kFP32;
  config.instance_id = "batched";
  config.batch_size = 4;
  config.batch_timeout_ms = 20;
  const auto batched = Engine::acquire(config);
  const Image image = load_image(testing::golden_path("preprocess_333x211.png"));
  const std::vector<Change> changes = {winclip, winclip, vand, vand_with_reference, winclip};
  std::vector<std::future<AnomalyResult>> results;
  for (const Change& change : changes)
    results.push_back(batched->submit(image.view(), recipe(change)));
  for (std::size_t i = 0; i < changes.size(); ++i)
    EXPECT_LE(max_difference(map_of(results[i].get()), map_of(inspect(recipe(changes[i])))), 1e-5);
}

TEST_F(Methods, VandSmoothsItsMapWhereAsked) {
  const auto roughness = [](const at::Tensor& map) {
    return (map.slice(0, 1) - map.slice(0, 0, -1)).abs().sum().item<float>();
  };
  const AnomalyResult sharp = inspect(recipe(vand)), soft = inspect(recipe([](Prompts&prompts) {
                                                       vand(prompts);
                                                       prompts.sigma = 8;
                                                     }));
  EXPECT_LT(roughness(map_of(soft)), roughness(map_of(sharp)));
  EXPECT_NEAR(map_of(soft).mean().item<float>(), map_of(sharp).mean().item<float>(), 1e-3);
}

TEST_F(Methods, AnotherImageSizeThanTheReferencesIsRefused) {
  Recipe wrong = recipe(vand_with_reference);
  wrong.image_size = 56;
  expect_error(
      ErrorCode::kSettings, [&] { (*engine_)->check(wrong); }, "were taken at 98 pixels",
      "the image size is 56");
}

TEST_F(Methods, AdaptersOfAnotherWidthAreRefused) {
  const Recipe wrong = recipe([](Prompts& prompts) {
    vand(prompts);
    for (const int layer : kLayers)
      prompts.tensors[adapter_key(layer, "weight")] = to_prompt_tensor(testing::noise(1, {48, 96}));
  });
  expect_error(
      ErrorCode::kMismatch, [&] { (*engine_)->check(wrong); }, "adapters.2.weight",
      "should be 128 wide", "is 96 wide");
}

TEST_F(Methods, ReferencesOfAnotherWidthAreRefused) {
  const Recipe wrong = recipe([](Prompts& prompts) {
    winclip_with_reference(prompts);
    PromptTensor& patches = prompts.tensors["references.patches"];
    patches = {{1, 2}, {0.6f, 0.8f}};
  });
  expect_error(
      ErrorCode::kMismatch, [&] { (*engine_)->check(wrong); }, "references.patches", "is 2 wide");
}

TEST_F(Methods, WindowsLargerThanTheImageFailByName) {
  Recipe wrong = recipe(winclip);
  wrong.image_size = 28;
  expect_error(
      ErrorCode::kSettings, [&] { (*engine_)->check(wrong); }, "42 pixels", "28");
}

}  // namespace
}  // namespace anomalyclip
