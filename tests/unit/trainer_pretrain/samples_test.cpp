#include "pretrain/samples.h"

#include <ATen/ops/equal.h>
#include <torch/torch.h>

#include <gtest/gtest.h>

namespace anomalyclip::pretrain {
namespace {

TEST(Samples, AreAFunctionOfTheirNumbers) {
  Samples one(5), other(5);
  one.batch(0, 4, {24, 2});
  EXPECT_TRUE(at::equal(one.batch(4, 2, {24, 2}).images, other.batch(4, 2, {24, 2}).images));
}

TEST(Samples, WithoutLinesShowAPartInThePlaceOfEachLine) {
  Samples with(5), without(5, false);
  const at::Tensor same =
      (with.batch(0, 48, {24}).images == without.batch(0, 48, {24}).images).flatten(1).all(1);
  EXPECT_NEAR(same.to(at::kFloat).mean().item<double>(), 2. / 3, 0.2);
}

/// What a picture shows varies by a turn, colours and the window: with the whole part in view, its mean hardly does.
double spread_of_defects(float whole) {
  Samples samples(9);
  // Forty views of one part that has a defect.
  const Batch batch = samples.batch(0, 40, {48, 1000, whole});
  const at::Tensor shares = batch.masks.flatten(1).mean(1);
  const at::Tensor seen = shares.index({shares > 0});
  return (seen.std() / seen.mean()).item<double>();
}

TEST(Samples, WholeViewsShowTheDefectAtOneScale) {
  EXPECT_LT(spread_of_defects(1.f), 0.25);
  EXPECT_GT(spread_of_defects(0.f), 0.5);
}

}  // namespace
}  // namespace anomalyclip::pretrain
