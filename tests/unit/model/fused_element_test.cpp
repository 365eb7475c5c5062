#include "model/fused_element.h"

#include <limits>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/sigmoid.h>
#include <c10/core/InferenceMode.h>

#include <gtest/gtest.h>

#include "core/cuda_launch.h"
#include "core/device.h"
#include "golden.h"
#include "hashed_weights.h"
#include "model/fused.h"

namespace anomalyclip {
namespace {

using testing::max_difference;
using testing::noise;

constexpr std::int64_t kRows = 5;

/// The butterfly of a warp: what __shfl_xor_sync leaves in every lane.
float over_warp(std::vector<float> lanes) {
  for (int offset = kRowLanes / 2; offset > 0; offset /= 2) {
    std::vector<float> next = lanes;
    for (int lane = 0; lane < kRowLanes; ++lane) next[lane] = lanes[lane] + lanes[lane ^ offset];
    lanes = next;
  }
  return lanes[0];
}

/// What the kernel does, warp by warp and lane by lane.
template <typename T>
void run(const AddNormJob<T>& job) {
  for (std::int64_t index = 0; index < job.rows; ++index) {
    const AddNormRow<T> row(job, index);
    std::vector<float> lanes(kRowLanes);
    for (int lane = 0; lane < kRowLanes; ++lane) lanes[lane] = row.add(lane);
    const float mean = row.mean(over_warp(lanes));
    for (int lane = 0; lane < kRowLanes; ++lane) lanes[lane] = row.spread(lane, mean);
    const float inverse = row.inverse_deviation(over_warp(lanes));
    for (int lane = 0; lane < kRowLanes; ++lane) row.normalise(lane, mean, inverse);
  }
}

/// How far apart neighbours of size 4 are in T: what its rounding may turn a last bit of float32 into.
template <typename T>
const double kStep = 4.0 * static_cast<double>(std::numeric_limits<T>::epsilon());

template <typename T>
class FusedElement : public ::testing::Test {
 protected:
  static constexpr at::ScalarType kType = c10::CppTypeToScalarType<T>::value;

  static at::Tensor typed(std::uint64_t seed, at::IntArrayRef shape) {
    return noise(seed, shape).to(kType);
  }
};
using Storages = ::testing::Types<float, c10::Half, c10::BFloat16>;
TYPED_TEST_SUITE(FusedElement, Storages);

/// Widths of less than a warp's reach, of one, and of one that it does not divide.
const std::int64_t kWidths[] = {64, 128, 192, 1024};

TYPED_TEST(FusedElement, AddsAndNormalisesARowAsLibtorchDoes) {
  for (const std::int64_t width : kWidths) {
    const at::Tensor x = noise(1, {kRows, width}), addend = this->typed(2, {kRows, width});
    const at::Tensor weight = noise(3, {width}), bias = noise(4, {width});
    const at::Tensor sum = at::empty({kRows, width}, at::kFloat);
    const at::Tensor out = at::empty({kRows, width}, this->kType);
    run(AddNormJob<TypeParam>{x.const_data_ptr<float>(), width, addend.const_data_ptr<TypeParam>(),
                              sum.mutable_data_ptr<float>(), weight.const_data_ptr<float>(),
                              bias.const_data_ptr<float>(), out.mutable_data_ptr<TypeParam>(),
                              kRows, static_cast<std::int32_t>(width)});
    EXPECT_TRUE(sum.equal(x + addend));
    const at::Tensor expected = at::layer_norm(x + addend, {width}, weight, bias, 1e-5);
    EXPECT_LE(max_difference(out.to(at::kFloat), expected), 2 * kStep<TypeParam> + 4e-6) << width;
  }
}

TYPED_TEST(FusedElement, NormalisesEveryFewthRowWithoutAnAddend) {
  const at::Tensor x = noise(1, {kRows, 3, 128}), first = x.narrow(1, 0, 1);
  const at::Tensor weight = noise(3, {128}), bias = noise(4, {128});
  const at::Tensor out = at::empty({kRows, 1, 128}, this->kType);
  run(AddNormJob<TypeParam>{first.const_data_ptr<float>(), first.stride(0), nullptr, nullptr,
                            weight.const_data_ptr<float>(), bias.const_data_ptr<float>(),
                            out.mutable_data_ptr<TypeParam>(), kRows, 128});
  const at::Tensor expected = at::layer_norm(first, {128}, weight, bias, 1e-5);
  EXPECT_LE(max_difference(out.to(at::kFloat), expected), 2 * kStep<TypeParam> + 4e-6);
}

TYPED_TEST(FusedElement, BiasAndQuickGeluAreLibtorchs) {
  const at::Tensor product = this->typed(1, {kRows, 192}), bias = this->typed(2, {192});
  const at::Tensor biased = product.to(at::kFloat) + bias.to(at::kFloat);
  const at::Tensor expected = biased * at::sigmoid(1.702 * biased);
  const BiasGeluJob<TypeParam> job{product.mutable_data_ptr<TypeParam>(),
                                   bias.const_data_ptr<TypeParam>(), kRows, 192};
  for (std::int64_t i = 0; i < job.quads(); ++i) bias_quick_gelu(job, i);
  EXPECT_LE(max_difference(product.to(at::kFloat), expected), kStep<TypeParam> + 1e-6);
}

TEST(QuickGelu, IsAFiniteNumberForAnyFiniteOne) {
  for (const float x : {-1e30f, -100.0f, -60.0f, 100.0f, 1e30f})
    EXPECT_EQ(quick_gelu(x), x > 0 ? x : x * 0.0f) << x;
}

TEST(FusedKernels, GiveWhatLibtorchGives) {
  if (!resolve_device("auto").is_cuda()) GTEST_SKIP() << "SKIPPED: no CUDA device on this machine";
  if (!has_cuda_kernels()) GTEST_SKIP() << "SKIPPED: this build has no CUDA kernels";
  const c10::InferenceMode inference;
  for (const auto type : {at::kFloat, at::kHalf, at::kBFloat16}) {
    const double step = type == at::kFloat ? 1e-6 : type == at::kHalf ? 0.004 : 0.032;
    LayerNorm ln(
        Parameters::copied(
            Weights({{"weight", noise(3, {192})}, {"bias", noise(4, {192})}}, {}, "a norm"),
            at::kCUDA, at::kFloat),
        192);
    const at::Tensor x = noise(1, {2, 33, 192}).to(at::kCUDA);
    const at::Tensor addend = noise(2, {2, 33, 192}).to(type).to(at::kCUDA);
    ASSERT_TRUE(fuses(x));
    const Sum found = fused_add_layer_norm(x, addend, ln);
    EXPECT_TRUE(found.sum.equal(x + addend));
    EXPECT_LE(max_difference(found.normalised.to(at::kFloat).cpu(), ln(x + addend).cpu()),
              2 * step + 4e-6);
    const at::Tensor first = x.narrow(1, 0, 1);
    EXPECT_LE(
        max_difference(fused_layer_norm(first, ln, type).to(at::kFloat).cpu(), ln(first).cpu()),
        2 * step + 4e-6);
    at::Tensor product = addend.clone();
    const at::Tensor bias = noise(5, {192}).to(type).to(at::kCUDA);
    const at::Tensor biased = product.to(at::kFloat) + bias.to(at::kFloat);
    fused_bias_quick_gelu_(product, bias);
    EXPECT_LE(
        max_difference(product.to(at::kFloat).cpu(), (biased * at::sigmoid(1.702 * biased)).cpu()),
        step + 1e-6);
  }
}

}  // namespace
}  // namespace anomalyclip
