// A tower whose blocks lie in a file.
#include <cmath>
#include <map>
#include <span>

#include <ATen/ops/equal.h>

#include <gtest/gtest.h>

#include "core/packed_folder.h"
#include "core/sha256.h"
#include "hashed_weights.h"
#include "model/cpu/blocked_layer.h"
#include "model/vision_transformer.h"
#include "temporary_folder.h"

namespace anomalyclip {
namespace {

using testing::kTiny;

class PackedTower : public ::testing::TestWithParam<Arithmetic> {
 protected:
  void SetUp() override {
    if (!cpu::BlockedLayer::available(kTiny.vision_width, GetParam()))
      GTEST_SKIP() << "this CPU has not the instructions";
  }

  PackedContent content() const {
    return {"tiny", packed_sections(kTiny.vision_layers, kTiny.vision_width, GetParam())};
  }

  VisionTransformer tower(const Weights& weights, const PackedFile* packed) const {
    const bool plain = GetParam() == Arithmetic::kPlain;
    return VisionTransformer(weights, at::kCPU, plain ? at::kBFloat16 : at::kFloat, GetParam(),
                             packed);
  }

  std::unique_ptr<PackedFile> acquire() const {
    std::string fault;
    return folder_.acquire(content(), &fault);
  }

  void publish(const Weights& weights) const {
    const auto file = acquire();
    tower(weights, file.get());
    folder_.publish(*file, content());
  }

  static VisionFeatures features(const VisionTransformer& tower) {
    return tower.forward(testing::noise(77, {1, 3, 56, 56}), {.features = {6, 8}, .dpam_from = 6});
  }

  static void expect_equal(const VisionFeatures& a, const VisionFeatures& b) {
    EXPECT_TRUE(at::equal(a.global, b.global));
    for (std::size_t tap = 0; tap < b.patches.size(); ++tap)
      EXPECT_TRUE(at::equal(a.patches.at(tap).at(0), b.patches[tap][0]));
  }

  const testing::TemporaryFolder temporary_;
  const PackedFolder folder_{temporary_.path()};
  const Weights weights_ = testing::hashed_weights(kTiny);
};

TEST_P(PackedTower, GivesTheSameBitsFromMemoryOfItsOwnAndFromAFileNewOrFound) {
  const VisionFeatures expected = features(tower(weights_, nullptr));
  const auto fresh = acquire();
  const VisionTransformer filling = tower(weights_, fresh.get());
  folder_.publish(*fresh, content());
  expect_equal(features(filling), expected);
  const auto found = acquire();
  ASSERT_TRUE(found->filled());
  expect_equal(features(tower(weights_, found.get())), expected);
}

TEST_P(PackedTower, ReadsNoMatrixOfTheModelWhereTheFileIsFilled) {
  publish(weights_);
  std::map<std::string, at::Tensor> tensors = weights_.tensors();
  for (auto& [key, tensor] : tensors)
    if (key.find("resblocks") != std::string::npos && tensor.dim() > 1)
      tensor = tensor.clone().fill_(std::nan(""));
  const Weights broken(tensors, weights_.metadata(), "broken");
  expect_equal(features(tower(broken, acquire().get())), features(tower(weights_, nullptr)));
}

TEST_P(PackedTower, OutlivesTheFile) {
  publish(weights_);
  const VisionTransformer found = tower(weights_, acquire().get());
  std::filesystem::remove_all(temporary_.path());
  expect_equal(features(found), features(tower(weights_, nullptr)));
}

std::string digest_of_sections(const PackedFile& file, const PackedContent& content) {
  Sha256 hash;
  for (const PackedSection& section : content.sections) {
    const at::Tensor bytes = file.section(section.name);
    hash.update({static_cast<const std::byte*>(bytes.const_data_ptr()), bytes.nbytes()});
  }
  return hash.hex().substr(0, 16);
}

// Where this fails, files that others have kept hold other bytes than are expected now: raise kPackedVersion.
TEST_P(PackedTower, PacksTheBytesOfItsVersion) {
  ASSERT_EQ(cpu::kPackedVersion, 1);
  const std::map<Arithmetic, std::string> digests = {{Arithmetic::kPlain, "fed0f631d4931f37"},
                                                     {Arithmetic::kSplit, "739ca3414259d8ee"},
                                                     {Arithmetic::kFloat32, "020360a96ffe789f"},
                                                     {Arithmetic::kInt8, "9a440811132bd5d4"}};
  publish(weights_);
  EXPECT_EQ(digest_of_sections(*acquire(), content()), digests.at(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Arithmetics, PackedTower,
                         ::testing::Values(Arithmetic::kPlain, Arithmetic::kSplit,
                                           Arithmetic::kFloat32, Arithmetic::kInt8));

}  // namespace
}  // namespace anomalyclip
