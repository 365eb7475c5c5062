#include "model/cpu/blocked_layer.h"

#include <cmath>
#include <cstring>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/matmul.h>

#include <gtest/gtest.h>

#include "hashed_weights.h"
#include "model/cpu/blocked_attention.h"
#include "model/cpu/blocked_projection.h"
#include "model/layer_norm.h"
#include "model/vision_transformer.h"

namespace anomalyclip {
namespace {

using testing::kTiny;

/// |found - expected| / |expected|: what rounding costs, whatever the numbers' size.
double relative_error(const at::Tensor& found, const at::Tensor& expected) {
  return (at::linalg_vector_norm(found - expected) / at::linalg_vector_norm(expected))
      .item<double>();
}

VisionTransformer tower(at::ScalarType dtype, Arithmetic arithmetic = Arithmetic::kPlain) {
  return VisionTransformer(testing::hashed_weights(kTiny), at::kCPU, dtype, arithmetic);
}

class BlockedLayer : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!cpu::BlockedLayer::available(kTiny.vision_width))
      GTEST_SKIP() << "this CPU has no AVX-512 BF16";
  }

  /// The largest relative error of everything that a request gives.
  static double worst(const VisionTransformer& found, const VisionTransformer& expected,
                      const VisionRequest& request, std::int64_t size, std::int64_t batch) {
    const at::Tensor images = testing::noise(77, {batch, 3, size, size});
    const VisionFeatures a = found.forward(images, request), b = expected.forward(images, request);
    double error = request.want_global ? relative_error(a.global, b.global) : 0;
    EXPECT_EQ(a.patches.size(), b.patches.size());
    for (std::size_t tap = 0; tap < b.patches.size(); ++tap)
      for (std::size_t kind = 0; kind < b.patches[tap].size(); ++kind)
        error = std::max(error, relative_error(a.patches[tap].at(kind), b.patches[tap][kind]));
    return error;
  }
};

/// Everything that a request can ask for, at token counts of 17 (less than a block), 50 and 65 (a block and a row).
const std::vector<VisionRequest> kRequests = {
    {.features = {2, 6, 7, 8}, .dpam_from = 6},
    {.features = {8}, .dpam_from = 6, .attention = {AttentionKind::kQQ}},
    {.features = {8}, .dpam_from = 6, .attention = {AttentionKind::kKK}, .want_global = false},
    {.features = {6, 8},
     .dpam_from = 1,
     .attention = {AttentionKind::kKK, AttentionKind::kVV, AttentionKind::kQQ}},
    {.features = {6, 8}, .dpam_from = 6, .attention = {AttentionKind::kQK, AttentionKind::kVV}},
    {.features = {7},
     .dpam_from = 6,
     .attention = {AttentionKind::kQQ, AttentionKind::kQK},
     .want_global = false,
     .raw_features = true},
    {.features = {7}, .dpam_from = 6},
    {.features = {5}, .dpam_from = 6, .want_global = false},
    {.features = {}, .dpam_from = 6},
    {.features = {3, 8}, .dpam_from = 0}};

TEST_F(BlockedLayer, SplitProductsGiveFloat32sNumbersForEveryRequest) {
  const VisionTransformer split = tower(at::kFloat, Arithmetic::kSplit), exact = tower(at::kFloat);
  for (std::size_t i = 0; i < kRequests.size(); ++i)
    for (const std::int64_t size : {56, 98, 112})
      EXPECT_LE(worst(split, exact, kRequests[i], size, 2), 2e-5)
          << "request " << i << ", " << size << " pixels";
}

class FullLayer : public BlockedLayer {
 protected:
  void SetUp() override {
    if (!cpu::BlockedLayer::available(kTiny.vision_width, Arithmetic::kFloat32))
      GTEST_SKIP() << "this CPU has no AVX-512";
  }
};

TEST_F(FullLayer, Float32BlocksGiveFloat32sNumbersForEveryRequest) {
  const VisionTransformer blocks = tower(at::kFloat, Arithmetic::kFloat32),
                          exact = tower(at::kFloat);
  for (std::size_t i = 0; i < kRequests.size(); ++i)
    for (const std::int64_t size : {56, 98, 112})
      EXPECT_LE(worst(blocks, exact, kRequests[i], size, 2), 5e-6)
          << "request " << i << ", " << size << " pixels";
}

TEST_F(BlockedLayer, TheOtherActivationAndWindowsAreFloat32sToo) {
  const VisionTransformer exact = tower(at::kFloat);
  VisionRequest request{.features = {8}, .dpam_from = 0, .activation = Activation::kGelu};
  request.windows = {2};
  const at::Tensor images = testing::noise(79, {1, 3, 56, 56});
  for (const Arithmetic arithmetic : {Arithmetic::kSplit, Arithmetic::kFloat32}) {
    const VisionTransformer blocks = tower(at::kFloat, arithmetic);
    EXPECT_LE(worst(blocks, exact, request, 56, 2), 2e-5);
    EXPECT_LE(relative_error(blocks.forward(images, request).windows.at(0),
                             exact.forward(images, request).windows.at(0)),
              2e-5);
  }
}

TEST_F(BlockedLayer, Bfloat16StaysWithinItsRoundingForEveryRequest) {
  const VisionTransformer half = tower(at::kBFloat16), exact = tower(at::kFloat);
  for (std::size_t i = 0; i < kRequests.size(); ++i)
    EXPECT_LE(worst(half, exact, kRequests[i], 98, 2), 0.012) << "request " << i;
}

class ByteLayer : public BlockedLayer {
 protected:
  void SetUp() override {
    if (!cpu::BlockedLayer::available(kTiny.vision_width, Arithmetic::kInt8))
      GTEST_SKIP() << "this CPU has no AVX-512 VNNI";
  }
};

TEST_F(ByteLayer, StaysWithinItsRoundingForEveryRequest) {
  const VisionTransformer bytes = tower(at::kFloat, Arithmetic::kInt8), exact = tower(at::kFloat);
  for (std::size_t i = 0; i < kRequests.size(); ++i)
    EXPECT_LE(worst(bytes, exact, kRequests[i], 98, 2), 0.03) << "request " << i;
}

TEST_F(ByteLayer, EveryUnitMultipliesBytesExactly) {
  using namespace cpu;
  constexpr int kSteps = 5;
  std::vector<std::uint8_t> left(2 * kSteps * kByteTile);
  std::vector<std::int8_t> right(2 * kSteps * kByteTile);
  for (std::size_t i = 0; i < left.size(); ++i)
    left[i] = static_cast<std::uint8_t>(i * 2654435761u >> 21);
  for (std::size_t i = 0; i < right.size(); ++i)
    right[i] = static_cast<std::int8_t>(i * 40503u >> 7);
  for (const Unit unit : {Unit::kAvx512, available_unit()}) {
    const ProductSession session(unit);
    alignas(64) std::int32_t c[kBlockFloats];
    std::fill_n(c, kBlockFloats, 7);
    byte_product_on(unit)(left.data(), kSteps * kByteTile, right.data(), c, {kSteps, kBlock, true});
    for (int row = 0; row < kBlock; ++row)
      for (int column = 0; column < kBlock; ++column) {
        std::int32_t expected = 7;
        for (int k = 0; k < kSteps * kByteStep; ++k)
          expected += left[(row / 16 * kSteps + k / 64) * kByteTile + row % 16 * 64 + k % 64] *
                      right[k / 64 * 2 * kByteTile + column / 16 * kByteTile + k % 64 / 4 * 64 +
                            column % 16 * 4 + k % 4];
        ASSERT_EQ(c[row * kBlock + column], expected)
            << static_cast<int>(unit) << ": " << row << ", " << column;
      }
  }
}

/// A defect that cannot be computed must not become a number that looks like one.
TEST_F(ByteLayer, KeepsWhatIsNotFinite) {
  using namespace cpu;
  constexpr int kIn = 64;
  std::vector<Half> left(kBlock * kIn, 0x3f80);
  left[5] = 0x7fc0;  // NaN in row 0
  std::vector<std::uint8_t> numbers(kBlock * kIn);
  std::vector<float> scale(kBlock);
  quantize(left.data(), 1, kIn, {numbers.data(), scale.data()});
  EXPECT_TRUE(std::isnan(scale[0]));
  EXPECT_FLOAT_EQ(scale[1], 1.f / 127);
}

TEST_F(BlockedLayer, ABatchEqualsItsImagesOneByOne) {
  const VisionTransformer split = tower(at::kFloat, Arithmetic::kSplit);
  const at::Tensor images = testing::noise(78, {3, 3, 98, 98});
  for (const VisionRequest& request : kRequests) {
    if (!request.want_global) continue;
    const at::Tensor together = split.forward(images, request).global;
    for (std::int64_t i = 0; i < 3; ++i)
      EXPECT_LE(relative_error(split.forward(images.narrow(0, i, 1), request).global,
                               together.narrow(0, i, 1)),
                1e-6);
  }
}

TEST_F(BlockedLayer, SplittingIsRefusedForMatricesThatAreNotFloat32) {
  EXPECT_ANY_THROW(tower(at::kBFloat16, Arithmetic::kSplit));
}

/// A bfloat16 as a float.
float widened(cpu::Half number) {
  const std::uint32_t bits = std::uint32_t{number} << 16;
  float result;
  std::memcpy(&result, &bits, sizeof result);
  return result;
}

TEST_F(BlockedLayer, EveryUnitMultipliesBlocksAlike) {
  using namespace cpu;
  constexpr int kSteps = 5;
  std::vector<Half> left(2 * kSteps * kTile), right(kSteps * kBlockFloats);
  // Small whole numbers are exact in bfloat16, and so are their sums in float32.
  for (std::size_t i = 0; i < left.size(); ++i)
    left[i] = (i * 2654435761u >> 13) % 3 ? 0x3f80 : 0xc000;  // 1, -2
  for (std::size_t i = 0; i < right.size(); ++i)
    right[i] = (i * 40503u >> 5) % 5 ? 0x4040 : 0xbf80;  // 3, -1
  for (const Unit unit : {Unit::kAvx512, available_unit()}) {
    const ProductSession session(unit);
    alignas(64) float c[kBlockFloats];
    std::fill_n(c, kBlockFloats, 7.f);
    products_on(unit).half(left.data(), kSteps * kTile, right.data(), c, {kSteps, kBlock, true});
    for (int row = 0; row < kBlock; ++row)
      for (int column = 0; column < kBlock; ++column) {
        float expected = 7;
        for (int k = 0; k < kSteps * kBlock; ++k)
          expected += widened(left[(row / 16 * kSteps + k / 32) * kTile + row % 16 * 32 + k % 32]) *
                      widened(right[k / 32 * kBlockFloats + column / 16 * kTile + k % 32 / 2 * 32 +
                                    column % 16 * 2 + k % 2]);
        ASSERT_EQ(c[row * kBlock + column], expected)
            << static_cast<int>(unit) << ": " << row << ", " << column;
      }
  }
}

TEST_F(FullLayer, Float32BlocksAreMultipliedAsTheyLie) {
  using namespace cpu;
  constexpr int kSteps = 3;
  std::vector<float> left(2 * kSteps * kTile), right(kSteps * kBlockFloats);
  for (std::size_t i = 0; i < left.size(); ++i) left[i] = static_cast<float>(i * 2654435761u >> 25);
  for (std::size_t i = 0; i < right.size(); ++i)
    right[i] = static_cast<float>(i * 40503u % 127) - 60;
  alignas(64) float c[kBlockFloats];
  std::fill_n(c, kBlockFloats, 7.f);
  products_on(available_unit())
      .full(left.data(), kSteps * kTile, right.data(), c, {kSteps, kBlock, true});
  for (int row = 0; row < kBlock; ++row)
    for (int column = 0; column < kBlock; ++column) {
      float expected = 7;  // whole numbers: exact in any order
      for (int k = 0; k < kSteps * kBlock; ++k)
        expected += left[(row / 16 * kSteps + k / 32) * kTile + row % 16 * 32 + k % 32] *
                    right[k / 32 * kBlockFloats + (column / 16 * 32 + k % 32) * 16 + column % 16];
      ASSERT_EQ(c[row * kBlock + column], expected) << row << ", " << column;
    }
}

TEST_F(FullLayer, RowsThatNobodyReadsAreZerosOrLeftAsTheyWere) {
  using namespace cpu;
  const std::vector<float> left(2 * kTile, 1.f), right(kBlockFloats, 1.f);
  const FullProduct multiply = products_on(Unit::kAvx512).full;
  alignas(64) float c[kBlockFloats];
  std::fill_n(c, kBlockFloats, 7.f);
  multiply(left.data(), kTile, right.data(), c, {1, 5, false});
  EXPECT_EQ(c[4 * kBlock], 32);
  EXPECT_EQ(c[8 * kBlock], 0);
  EXPECT_EQ(c[kBlockFloats - 1], 0);
  multiply(left.data(), kTile, right.data(), c, {1, 5, true});
  EXPECT_EQ(c[4 * kBlock], 64);
  EXPECT_EQ(c[kBlockFloats - 1], 0);
}

TEST_F(FullLayer, APatchEmbeddingIsAConvolutionWhateverThePatch) {
  for (const std::int64_t patch :
       {4, 5, 7}) {  // 48, 75 and 147 numbers: whole steps of 32 and others
    const at::Tensor weight = testing::noise(80, {64, 3, patch, patch}),
                     images = testing::noise(81, {2, 3, 5 * patch, 9 * patch});
    const at::Tensor found = cpu::BlockedProjection(weight.flatten(1)).of_patches(images, patch);
    const at::Tensor expected =
        at::conv2d(images, weight, {}, {patch, patch}).flatten(2).transpose(1, 2);
    EXPECT_EQ(found.sizes(), expected.sizes());
    EXPECT_LE(relative_error(found, expected), 1e-6);
  }
}

TEST_F(BlockedLayer, ProjectionsInBfloat16DifferByItsRounding) {
  const at::Tensor weight = testing::noise(80, {64, 3, 7, 7}),
                   images = testing::noise(81, {2, 3, 35, 63});
  const at::Tensor expected = at::conv2d(images, weight, {}, {7, 7}).flatten(2).transpose(1, 2);
  const at::Tensor found =
      cpu::BlockedProjection(weight.flatten(1), /*half=*/true).of_patches(images, 7);
  EXPECT_LE(relative_error(found, expected), 0.004);  // 2^-9 of each number, at most
  EXPECT_GE(relative_error(found, expected), 0.0005);
}

TEST_F(FullLayer, AProjectionOfNormedTokensIsALayerNormAndAProduct) {
  const std::int64_t width = 96;
  const at::Tensor weight = testing::noise(80, {64, width}), x = testing::noise(81, {2, 37, width});
  const Weights tensors(
      {{"ln.weight", testing::noise(82, {width})}, {"ln.bias", testing::noise(83, {width})}}, {},
      "noise");
  const LayerNorm norm(Parameters::borrowed(tensors).in("ln"), width);
  const at::Tensor found = cpu::BlockedProjection(weight).of_normed(norm, x);
  EXPECT_EQ(found.sizes(), (std::vector<std::int64_t>{2, 37, 64}));
  EXPECT_LE(relative_error(found, at::matmul(norm(x), weight.t())), 1e-6);
}

TEST_F(BlockedLayer, AttentionSurvivesLogitsThatGrowAlongTheRow) {
  using namespace cpu;
  // One head whose keys grow: the online softmax has to rescale what it collected, many times over.
  constexpr int kTokens = 600, kBlocks = (kTokens + 31) / 32,
                kNumbers = kBlocks * kHeadSteps * kBlockFloats;
  std::vector<float> rows(kBlocks * kBlock * kHead, 0.f), weight(kHead * 3 * kHead, 0.f),
      bias(3 * kHead, 0.f);
  for (int t = 0; t < kTokens; ++t)
    rows[static_cast<std::size_t>(t) * kHead] = static_cast<float>(t);
  // Q = 1, K = 2 t, V = t: logits 2 t / 8, so the last few tokens share all of the weight.
  bias[0] = 1;
  weight[kHead * kHead] = 2;
  weight[2 * kHead * kHead] = 1;
  std::vector<Half> packed(2 * 3 * kHead * kHead), left(2 * rows.size()), forms(2 * 4 * kNumbers),
      out(2 * kNumbers);
  const auto operand = [](std::vector<Half>& of, int index, std::size_t size) {
    return Operand{of.data() + 2 * index * size, of.data() + (2 * index + 1) * size};
  };
  const Operand matrix = operand(packed, 0, 3 * kHead * kHead);
  for (int p = 0; p < 6; ++p)
    pack_panel(weight.data() + p * kBlock * kHead, kBlock, kHead, matrix, p);
  const Operand input = operand(left, 0, rows.size());
  for (std::size_t r = 0; r < kBlocks * kBlock; ++r)
    for (std::size_t i = 0; i < kHead; ++i) {  // whole numbers up to 600 need both halves
      const std::size_t at = (r / 16 * 2 + i / 32) * kTile + r % 16 * 32 + i % 32;
      std::uint32_t bits;
      const float number = rows[r * kHead + i];
      std::memcpy(&bits, &number, sizeof bits);
      input.high[at] = static_cast<Half>(bits >> 16);
      const float rest = number - widened(input.high[at]);
      std::memcpy(&bits, &rest, sizeof bits);
      input.low[at] = static_cast<Half>(bits >> 16);
    }
  HeadBuffers heads;
  heads.heads = 1;
  heads.blocks = kBlocks;
  heads.rows[0] = operand(forms, 0, kNumbers);
  heads.columns[1] = operand(forms, 1, kNumbers);
  heads.values = operand(forms, 2, kNumbers);
  Destination to;
  to.kind = Destination::Kind::kHeads;
  to.bias = bias.data();
  to.heads = &heads;
  const Unit unit = available_unit();
  blocked_linear(unit, input, {1, kTokens}, {matrix, 3 * kHead, kHead}, to);
  const AttentionPath path = {0, 1, kBlocks, operand(out, 0, kNumbers)};
  blocked_attention(unit, heads, 1, kTokens, &path, 1);

  double sum = 0, expected = 0;
  for (int t = 0; t < kTokens; ++t) {
    const double power = std::exp(2.0 * (t - kTokens) / 8);
    sum += power;
    expected += power * t;
  }
  expected /= sum;
  for (const int row : {0, 15, 16, 31, 599}) {
    const std::size_t at = static_cast<std::size_t>(row / 16 * 2 * kTile + row % 16 * 32);
    EXPECT_NEAR(widened(path.out.high[at]) + widened(path.out.low[at]), expected, 0.02) << row;
  }
}

}  // namespace
}  // namespace anomalyclip
