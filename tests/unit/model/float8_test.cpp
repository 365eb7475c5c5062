#include "model/float8.h"

#include <limits>

#include <ATen/TensorOperators.h>
#include <ATen/ops/_scaled_mm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/ones.h>
#include <c10/core/InferenceMode.h>

#include <gtest/gtest.h>

#include "core/compute_capability.h"
#include "core/device.h"
#include "expect_error.h"
#include "golden.h"
#include "hashed_weights.h"
#include "model/float8_element.h"
#include "model/graphed_vision.h"
#include "model/vision_transformer.h"

namespace anomalyclip {
namespace {

using testing::kTiny;
using testing::max_difference;
using testing::noise;

at::Tensor restored(const Float8Rows& rows) {
  return rows.numbers.to(at::kFloat) * rows.scale;
}

/// |found - expected| / |expected|
double relative_error(const at::Tensor& found, const at::Tensor& expected) {
  return (at::linalg_vector_norm(found - expected) / at::linalg_vector_norm(expected))
      .item<double>();
}

TEST(Float8Rows, KeepThreeBitsOfMantissaBesideTheLargestOfTheirRow) {
  const at::Tensor x = noise(1, {5, 200}) * noise(2, {5, 1}).exp() * 1e4;
  const Float8Rows rows = to_float8(x);
  EXPECT_EQ(rows.numbers.scalar_type(), at::kFloat8_e4m3fn);
  // Half a step: 2^-4 of the number, or of the smallest normal one, 2^-6.
  const at::Tensor bound = (x.abs() / 16).maximum(rows.scale / 1024) * 1.00001;
  EXPECT_TRUE(((restored(rows) - x).abs() <= bound).all().item<bool>());
  EXPECT_LE(relative_error(restored(rows).abs().amax(1), x.abs().amax(1)), 1e-6);
}

TEST(Float8Rows, OfZerosStayZeros) {
  const at::Tensor x = noise(1, {3, 64}).to(at::kBFloat16);
  x.select(0, 1).zero_();
  EXPECT_EQ(max_difference(restored(to_float8(x)).select(0, 1), x.select(0, 1).to(at::kFloat)), 0);
}

TEST(Float8Rows, AreSpoiledByNaNAndInfinityOfTheirOwnAlone) {
  const at::Tensor x = noise(1, {4, 64}).to(at::kBFloat16);
  x[1][7].fill_(std::numeric_limits<float>::quiet_NaN());
  x[2][9].fill_(std::numeric_limits<float>::infinity());
  const at::Tensor sums = restored(to_float8(x)).sum(1);
  for (const int row : {1, 2}) EXPECT_TRUE(sums[row].isnan().item<bool>()) << row;
  for (const int row : {0, 3}) EXPECT_TRUE(sums[row].isfinite().item<bool>()) << row;
}

/// What the kernel does, row by row and lane by lane.
Float8Rows rounded_by_lanes(const at::Tensor& x) {
  const Float8Rows result{at::empty(x.sizes(), at::kFloat8_e4m3fn), at::empty({x.size(0), 1})};
  const RoundRowsJob<c10::BFloat16, c10::Float8_e4m3fn> job{
      x.const_data_ptr<c10::BFloat16>(), result.numbers.mutable_data_ptr<c10::Float8_e4m3fn>(),
      result.scale.mutable_data_ptr<float>(), x.size(0), static_cast<std::int32_t>(x.size(1))};
  for (std::int64_t row = 0; row < job.rows; ++row) {
    const RoundRow<c10::BFloat16, c10::Float8_e4m3fn> of(job, row);
    float largest = 0;
    for (int lane = 0; lane < kRowLanes; ++lane) largest = larger(largest, of.largest(lane));
    for (int lane = 0; lane < kRowLanes; ++lane) of.round(lane, largest);
  }
  return result;
}

TEST(Float8Element, RoundsAsLibtorchsOperatorsDo) {
  for (const std::int64_t width : {16, 64, 208}) {  // less than a quad for each lane, and more
    const at::Tensor x = (noise(1, {6, width}) * noise(2, {6, 1}).exp()).to(at::kBFloat16);
    x.select(0, 1).zero_();
    x[4][7].fill_(std::numeric_limits<float>::quiet_NaN());
    x[5][9].fill_(-std::numeric_limits<float>::infinity());
    const at::Tensor found = restored(rounded_by_lanes(x)), expected = restored(to_float8(x));
    EXPECT_LE(max_difference(found.narrow(0, 0, 4), expected.narrow(0, 0, 4)), 1e-6) << width;
    for (const int row : {4, 5}) EXPECT_TRUE(found[row].sum().isnan().item<bool>()) << row;
  }
}

class Float8Linear : public ::testing::Test {
 protected:
  const at::Tensor x = noise(1, {2, 17, 64}).to(at::kBFloat16);
  const at::Tensor bias = noise(3, {48}).to(at::kBFloat16);
  const Float8Rows weight = to_float8(noise(2, {48, 64}));
  static constexpr double kHalfStep = 1.0 / 256;  // of bfloat16, relative to a power of two
};

TEST_F(Float8Linear, IsTheProductOfTheRoundedNumbersAndTheBias) {
  const at::Tensor product =
      at::matmul(restored(to_float8(x.flatten(0, 1))), restored(weight).t()).view({2, 17, 48});
  const at::Tensor expected = product + bias.to(at::kFloat);
  const at::Tensor found = float8_linear(x, weight, bias);
  EXPECT_EQ(found.scalar_type(), at::kBFloat16);
  EXPECT_EQ(found.sizes(), expected.sizes());
  const auto near = [](const at::Tensor& a, const at::Tensor& b) {
    return ((a.to(at::kFloat) - b).abs() <= b.abs() * kHalfStep + 1e-5).all().item<bool>();
  };
  EXPECT_TRUE(near(found, expected));
  EXPECT_TRUE(near(float8_linear(x, weight, {}), product));
}

TEST_F(Float8Linear, TakesEachTokenByItself) {
  const at::Tensor first = x.narrow(1, 0, 1);  // rows that do not lie side by side
  EXPECT_LE(relative_error(float8_linear(first, weight, bias).to(at::kFloat),
                           float8_linear(x, weight, bias).narrow(1, 0, 1).to(at::kFloat)),
            kHalfStep);
}

// On a CPU the operator knows one scale for a matrix only, so the rows' scales are left to this test.
TEST_F(Float8Linear, IsLibtorchsScaledProduct) {
  const Float8Rows tokens = to_float8(x.flatten(0, 1));
  const at::Tensor one = at::ones({1});
  const at::Tensor unscaled =
      at::_scaled_mm(tokens.numbers, weight.numbers.t(), one, one, {}, {}, at::kFloat);
  const at::Tensor expected = (unscaled * tokens.scale * weight.scale.t()).view({2, 17, 48});
  EXPECT_LE(relative_error(float8_linear(x, weight, {}).to(at::kFloat), expected), kHalfStep);
}

VisionTransformer tower(at::Device device, at::ScalarType dtype, Arithmetic arithmetic) {
  return VisionTransformer(testing::hashed_weights(kTiny), device, dtype, arithmetic);
}

/// Every way through a block: all of its attentions, both activations, the class token alone.
const std::vector<VisionRequest> kRequests = {
    {.features = {2, 6, 7, 8}, .dpam_from = 6},
    {.features = {8}, .dpam_from = 6, .attention = {AttentionKind::kQQ}},
    {.features = {8}, .dpam_from = 6, .attention = {AttentionKind::kKK}, .want_global = false},
    {.features = {8}, .dpam_from = 6, .activation = Activation::kGelu}};

double worst(const VisionFeatures& found, const VisionFeatures& expected) {
  double error = expected.global.defined() ? relative_error(found.global, expected.global) : 0;
  for (std::size_t tap = 0; tap < expected.patches.size(); ++tap)
    error = std::max(error, relative_error(found.patches.at(tap).at(0), expected.patches[tap][0]));
  return error;
}

TEST(Float8Tower, StaysWithinItsRoundingForEveryRequest) {
  const VisionTransformer rounded = tower(at::kCPU, at::kBFloat16, Arithmetic::kFloat8);
  const VisionTransformer exact = tower(at::kCPU, at::kFloat, Arithmetic::kPlain);
  const at::Tensor images = noise(77, {2, 3, 98, 98});
  for (std::size_t i = 0; i < kRequests.size(); ++i) {
    const double error =
        worst(rounded.forward(images, kRequests[i]), exact.forward(images, kRequests[i]));
    EXPECT_LE(error, 0.1) << "request " << i;
    EXPECT_GT(error, 0.005) << "request " << i;  // bfloat16's
  }
}

TEST(Float8Tower, IsRefusedBesideOtherFloatsThanBfloat16) {
  testing::expect_error(
      ErrorCode::kSettings, [] { tower(at::kCPU, at::kFloat, Arithmetic::kFloat8); }, "bfloat16",
      "Float");
}

/// Where the tensor cores multiply 8-bit floats.
class Float8OnAGpu : public Float8Linear {
 protected:
  void SetUp() override {
    const at::Device device = resolve_device("auto");
    if (!device.is_cuda()) GTEST_SKIP() << "SKIPPED: no CUDA device on this machine";
    if (!multiplies_float8(compute_capability(device)))
      GTEST_SKIP() << "SKIPPED: this GPU's compute capability is below 8.9";
  }
  const c10::InferenceMode inference;
};

TEST_F(Float8OnAGpu, RowsAreRoundedAsOnTheCpu) {
  const at::Tensor rows = x.flatten(0, 1);
  const Float8Rows found = to_float8(rows.to(at::kCUDA));
  EXPECT_LE(
      max_difference(restored({found.numbers.cpu(), found.scale.cpu()}), restored(to_float8(rows))),
      1e-6);
}

TEST_F(Float8OnAGpu, ALinearLayerGivesWhatItGivesOnTheCpu) {
  const Float8Rows there{weight.numbers.to(at::kCUDA), weight.scale.to(at::kCUDA)};
  for (const std::int64_t tokens : {1, 17})
    for (const at::Tensor& b : {bias, at::Tensor()}) {
      const at::Tensor some = x.narrow(1, 0, tokens);
      const at::Tensor found =
          float8_linear(some.to(at::kCUDA), there, b.defined() ? b.to(at::kCUDA) : b);
      EXPECT_LE(
          relative_error(found.cpu().to(at::kFloat), float8_linear(some, weight, b).to(at::kFloat)),
          2 * kHalfStep)
          << tokens << " tokens";
    }
}

TEST_F(Float8OnAGpu, TheTowerIsNearItsFloat32SelfOnTheCpuForEveryRequest) {
  const VisionTransformer rounded = tower(at::kCUDA, at::kBFloat16, Arithmetic::kFloat8);
  const VisionTransformer exact = tower(at::kCPU, at::kFloat, Arithmetic::kPlain);
  for (const std::int64_t batch : {1, 2}) {
    const at::Tensor images = noise(77, {batch, 3, 98, 98});
    for (std::size_t i = 0; i < kRequests.size(); ++i) {
      VisionFeatures found = rounded.forward(images.to(at::kCUDA), kRequests[i]);
      if (found.global.defined()) found.global = found.global.cpu();
      for (auto& tap : found.patches) tap[0] = tap[0].cpu();
      EXPECT_LE(worst(found, exact.forward(images, kRequests[i])), 0.1) << "request " << i;
    }
  }
}

TEST_F(Float8OnAGpu, TheTowerIsRecordedAsAGraph) {
  const VisionTransformer rounded = tower(at::kCUDA, at::kBFloat16, Arithmetic::kFloat8);
  GraphedVision graphed(rounded);
  const VisionRequest request{.features = {2, 8}, .dpam_from = 6};
  for (const std::uint64_t seed : {1, 2, 3}) {
    const at::Tensor images = noise(seed, {1, 3, 56, 56}).to(at::kCUDA);
    EXPECT_LE(worst(graphed.forward(images, request), rounded.forward(images, request)), 1e-5);
  }
  EXPECT_EQ(graphed.graphs(), 1u);
}

}  // namespace
}  // namespace anomalyclip
