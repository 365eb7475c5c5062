#include "model/stacked_attention.h"

#include <ATen/TensorOperators.h>

#include <gtest/gtest.h>

#include "golden.h"
#include "hashed_weights.h"

namespace anomalyclip {
namespace {

using testing::kTiny;
using testing::max_difference;

const ResidualBlock& block() {
  static const Weights weights = testing::hashed_weights(kTiny);
  static const ResidualBlock first(Parameters::copied(weights, at::kCPU, at::kFloat)
                                       .in("visual.transformer")
                                       .in("resblocks")
                                       .in("0"),
                                   kTiny.vision_width, Activation::kQuickGelu);
  return first;
}

/// Two paths that have parted already.
DualPath paths(std::int64_t batch) {
  const std::int64_t shape[] = {batch, 17, kTiny.vision_width};
  return {{testing::noise(1, shape)}, testing::noise(2, shape)};
}

Heads heads_of(const DualPath& x) {
  return block().attn.project(block().attention_input(x.original));
}

const at::Tensor& part(const Heads& heads, AttentionKind kind) {
  if (kind == AttentionKind::kQQ) return heads.query;
  return kind == AttentionKind::kKK ? heads.key : heads.value;
}

class EveryKind : public ::testing::TestWithParam<AttentionKind> {};
INSTANTIATE_TEST_SUITE_P(Kinds, EveryKind,
                         ::testing::Values(AttentionKind::kVV, AttentionKind::kQQ,
                                           AttentionKind::kKK));

TEST_P(EveryKind, OneAttentionForBothPathsGivesWhatTwoGive) {
  const Heads heads = heads_of(paths(1));
  const at::Tensor& self = part(heads, GetParam());
  const std::optional<StackedPaths> found = attend_stacked(heads, self);
  ASSERT_TRUE(found);
  EXPECT_LE(max_difference(found->collected.narrow(0, found->original, 1),
                           attend(heads.query, heads.key, heads.value)),
            1e-6);
  EXPECT_LE(
      max_difference(found->collected.narrow(0, found->local, 1), attend(self, self, heads.value)),
      1e-6);
}

TEST_P(EveryKind, AStackedLayerIsTheLayer) {
  const DualPath x = paths(1);
  const Heads heads = heads_of(x);
  const auto found = stacked_dpam_layer(block(), x, heads, part(heads, GetParam()));
  ASSERT_TRUE(found);
  const DualPath expected =
      dpam_layer(block(), x, {GetParam()}, {.local = true, .original = Rows::kAll});
  EXPECT_LE(max_difference(found->original, expected.original), 1e-5);
  EXPECT_LE(max_difference(found->local.at(0), expected.local.at(0)), 1e-5);
}

TEST(StackedAttention, NothingIsCopied) {
  const Heads heads = heads_of(paths(1));
  EXPECT_TRUE(heads.query.is_alias_of(heads.value)) << "Q, K and V are parts of one projection";
  const Heads copied{heads.query.clone(), heads.key, heads.value};
  EXPECT_FALSE(attend_stacked(copied, copied.value));
}

TEST(StackedAttention, SeveralImagesAreAttendedPathByPath) {
  const Heads heads = heads_of(paths(2));
  EXPECT_FALSE(attend_stacked(heads, heads.value));
}

}  // namespace
}  // namespace anomalyclip
