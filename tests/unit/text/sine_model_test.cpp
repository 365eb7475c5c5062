// The small deterministic model of sine_weights.h, whose numbers the reference code itself
// produced, to six digits.
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include <gtest/gtest.h>

#include "golden.h"
#include "model/positional_embedding.h"
#include "model/vision_transformer.h"
#include "scoring/anomaly_map.h"
#include "scoring/image_score.h"
#include "scoring/similarity.h"
#include "sine_weights.h"
#include "text/prompt_learner.h"

namespace anomalyclip {
namespace {

using testing::max_difference;

constexpr double kTemperature = 0.07, kDigits = 2e-6;

/// sin(0.1 (c + 1) x + 0.07 y), already "normalised".
at::Tensor input() {
  const at::Tensor at = at::arange(98, at::kDouble);
  std::vector<at::Tensor> channels;
  for (int c = 0; c < 3; ++c)
    channels.push_back((at * (0.1 * (c + 1)) + (at * 0.07).unsqueeze(1)).sin());
  return at::stack(channels).unsqueeze(0).to(at::kFloat);
}

class SineModel : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    const Weights weights = testing::sine_weights();
    const VisionTransformer vision(weights, at::kCPU, at::kFloat);
    found_ = vision.forward(input(), {.features = {6, 12, 18, 24}, .dpam_from = 6});
    const TextTransformer text(weights, at::kCPU, at::kFloat);
    LearnedPrompts learned{testing::sine_tensor(445, {1, 1, 12, 64}, 0.3),
                           testing::sine_tensor(446, {1, 1, 12, 64}, 0.3),
                           {}};
    for (int i = 0; i < 8; ++i)
      learned.compound_prompts_text.push_back(testing::sine_tensor(447 + i, {4, 64}, 0.3));
    text_ = PromptLearner(text, Tokenizer(), learned).text_features(/*round_deep_to_half=*/true);
  }

  /// The first three numbers of one token of one tapped layer.
  static at::Tensor token(std::size_t tap, std::int64_t index) {
    return found_.patches[tap][0][0][index].slice(0, 0, 3);
  }

  static inline VisionFeatures found_;
  static inline at::Tensor text_;
};

TEST_F(SineModel, PositionsAreInterpolatedWithoutAligningCorners) {
  const PositionalEmbedding positions(testing::sine_weights().get("visual.positional_embedding"));
  const at::Tensor found = positions.at_grid(7, Interpolation::kBilinear);
  const auto row = [&](std::int64_t i) { return found[i].slice(0, 0, 3); };
  EXPECT_LE(max_difference(row(1), at::tensor({-0.369996f, -0.106686f, 0.196094f})), kDigits);
  EXPECT_LE(max_difference(row(25), at::tensor({-0.144812f, 0.159276f, 0.404437f})), kDigits);
  EXPECT_LE(max_difference(row(49), at::tensor({0.121468f, 0.380037f, 0.498006f})), kDigits);
}

TEST_F(SineModel, GlobalFeatureHasNoFinalNorm) {
  EXPECT_LE(max_difference(found_.global[0].slice(0, 0, 6),
                           at::tensor({-0.165222f, -0.839498f, -1.203192f, -1.121752f, -0.625306f,
                                       0.102479f})),
            kDigits);
  EXPECT_NEAR(found_.global.norm().item<float>(), 4.820919, 5e-6);
}

TEST_F(SineModel, TappedLayersAreDistinct) {
  EXPECT_LE(max_difference(token(0, 1), at::tensor({0.456997f, 0.727935f, 0.729566f})), kDigits);
  EXPECT_LE(max_difference(token(1, 1), at::tensor({0.463811f, 0.690158f, 0.661172f})), kDigits);
  EXPECT_LE(max_difference(token(2, 1), at::tensor({0.445542f, 0.621344f, 0.567273f})), kDigits);
  EXPECT_LE(max_difference(token(3, 1), at::tensor({0.419706f, 0.556309f, 0.487100f})), kDigits);
  EXPECT_LE(max_difference(token(3, 0), at::tensor({-0.329349f, -0.572784f, -0.604311f})), kDigits);
  EXPECT_LE(max_difference(token(3, 49), at::tensor({-0.015350f, 0.021502f, 0.050399f})), kDigits);
}

TEST_F(SineModel, ScoreAndPromptsAreTheReferences) {
  EXPECT_NEAR(at::matmul(text_[0], text_[1]).item<float>(), -0.652213, kDigits);
  const at::Tensor cosines = at::matmul(found_.global, text_.t()) / found_.global.norm();
  EXPECT_LE(max_difference(cosines[0], at::tensor({0.601096f, -0.997847f})), kDigits);
  EXPECT_NEAR(global_score(found_.global, text_, kTemperature).item<float>(), 1.20179e-10, 1e-14);
}

TEST_F(SineModel, MapIsTheReferences) {
  const at::Tensor patches = similarity({found_.patches[3][0].slice(1, 1)}, text_, kTemperature);
  const auto near = [](const at::Tensor& map, int y, int x, double expected, double tolerance) {
    EXPECT_NEAR(map[0][y][x].item<float>(), expected, tolerance) << y << " " << x;
  };
  const at::Tensor sharp = anomaly_map({patches}, 98, 0);
  near(sharp, 0, 0, 0.999877, 1e-5);
  near(sharp, 10, 20, 0.0356836, 1e-5);
  near(sharp, 50, 97, 0.00146070, 1e-5);
  near(sharp, 97, 97, 1.0, 1e-5);
  const at::Tensor smooth = anomaly_map({patches}, 98, 4);
  near(smooth, 0, 0, 0.990118, 1e-5);
  near(smooth, 10, 20, 0.132823, 1e-5);
  near(smooth, 50, 97, 0.00232490, 1e-5);
  near(smooth, 97, 97, 0.990269, 1e-5);
}

}  // namespace
}  // namespace anomalyclip
