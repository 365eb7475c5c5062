#include "pretrain/optimizer.h"

#include <limits>

#include <torch/torch.h>

#include <gtest/gtest.h>

namespace anomalyclip::pretrain {
namespace {

void both(const std::function<void(int)>& work) {
  work(0);
  work(1);
}

TEST(Optimizer, SkipsAStepWhoseGradientIsNotFinite) {
  Tensors weights{{"visual.proj", at::ones({4, 4})}};
  Optimizer optimizer(weights, {});
  at::Tensor gradient = at::ones({4, 4});
  gradient[1][2] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(optimizer.step({gradient}, 1.f, both));
  EXPECT_TRUE(at::equal(weights.at("visual.proj"), at::ones({4, 4})));
  EXPECT_EQ(optimizer.steps(), 0);
}

/// The first step of Adam is the sign of the gradient times the rate, whatever the gradient's size.
TEST(Optimizer, TakesAdamsFirstStepOnWhatIsNoBlockMatrix) {
  Tensors weights{{"visual.ln_post.bias", at::zeros({3})}};
  OptimizerSettings settings;
  Optimizer optimizer(weights, settings);
  ASSERT_TRUE(optimizer.step({at::tensor({0.1f, -0.02f, 0.5f})}, 1.f, both));
  EXPECT_TRUE(at::allclose(weights.at("visual.ln_post.bias"),
                           at::tensor({-1.f, 1.f, -1.f}) * settings.adam_rate, 1e-3, 1e-7));
}

/// Muon makes all directions of a matrix's update about equally strong.
TEST(Optimizer, MovesABlockMatrixByANearlyOrthogonalStep) {
  const std::string name = "visual.transformer.resblocks.0.mlp.c_fc.weight";
  Tensors weights{{name, at::zeros({64, 16})}};
  Optimizer optimizer(weights, {});
  at::manual_seed(1);
  ASSERT_TRUE(optimizer.step({at::randn({64, 16})}, 1.f, both));
  const at::Tensor singular = std::get<1>(at::svd(weights.at(name)));
  EXPECT_LT((singular.max() / singular.min()).item<float>(), 2.5f);
  EXPECT_GT(singular.min().item<float>(), 0);
}

}  // namespace
}  // namespace anomalyclip::pretrain
