#include "losses/losses.h"

#include <ATen/ATen.h>

#include <gtest/gtest.h>

#include "golden.h"

namespace anomalyclip::trainer {
namespace {

using testing::max_difference;

/// Two images of 8 x 8 pixels whose losses the reference implementation was asked for.
struct Example {
  at::Tensor abnormal = 0.5 + 0.45 * at::sin(0.7 * at::arange(128, at::kDouble)).to(at::kFloat);
  at::Tensor probabilities =
      at::stack({1 - abnormal, abnormal}).reshape({2, 2, 8, 8}).transpose(0, 1);  // [2, 2, 8, 8]
  at::Tensor masks = (at::arange(128).remainder(5) == 0).to(at::kFloat).reshape({2, 8, 8});
};

TEST(Losses, FocalIsTheReferences) {
  const Example example;
  EXPECT_NEAR(focal_loss(example.probabilities, example.masks).mean().item<double>(), 0.6671230,
              1e-6);
}

TEST(Losses, DiceIsTheReferencesForBothClasses) {
  const Example example;
  EXPECT_NEAR(dice_loss(example.probabilities.select(1, 1), example.masks).mean().item<double>(),
              0.6993800, 1e-6);
  EXPECT_NEAR(
      dice_loss(example.probabilities.select(1, 0), 1 - example.masks).mean().item<double>(),
      0.3857601, 1e-6);
}

TEST(Losses, TheGlobalLossIsCrossEntropy) {
  const at::Tensor logits = at::tensor({1.f, -2.f, 14.f, -14.f}).reshape({2, 2});
  const at::Tensor labels = at::tensor({0, 1}, at::kLong);
  const at::Tensor differences = logits.select(1, 1) - logits.select(1, 0);
  EXPECT_NEAR(global_loss(differences, labels).mean().item<double>(),
              at::cross_entropy_loss(logits, labels).item<double>(), 1e-5);
}

TEST(Losses, TheGlobalLossIsFiniteWhereTheProbabilityIsZero) {
  at::Tensor logits = at::tensor({200.f}).requires_grad_(true);
  const at::Tensor loss = global_loss(logits, at::tensor({0}, at::kLong)).sum();
  loss.backward();
  EXPECT_EQ(loss.item<double>(), 200);
  EXPECT_EQ(logits.grad().item<double>(), 1);
}

TEST(Losses, ProbabilitiesAreUpsampledRowByRow) {
  // Patches 2 x 2, row by row; corners not aligned: the corners keep their values.
  const at::Tensor abnormal = at::tensor({0.f, 1.f, 0.f, 0.f});
  const at::Tensor large = upsampled(at::stack({1 - abnormal, abnormal}, 1).unsqueeze(0), 4);
  ASSERT_EQ(large.sizes(), (at::IntArrayRef{1, 2, 4, 4}));
  EXPECT_EQ(max_difference(large[0][1][0], at::tensor({0.f, 0.25f, 0.75f, 1.f})), 0);
  EXPECT_EQ(max_difference(large[0][0][0], at::tensor({1.f, 0.75f, 0.25f, 0.f})), 0);
}

}  // namespace
}  // namespace anomalyclip::trainer
