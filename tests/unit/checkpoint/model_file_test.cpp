#include "checkpoint/model_file.h"

#include <limits>

#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>

#include <gtest/gtest.h>

#include "checkpoint/safetensors.h"
#include "expect_error.h"
#include "hashed_weights.h"
#include "temporary_folder.h"

namespace anomalyclip {
namespace {

using testing::expect_error;
using testing::hashed_tensors;
using testing::TemporaryFolder;

constexpr testing::ClipDimensions kSmall{32, 28, 14, 64, 2, 64, 2, 77, 64};

TEST(ModelFile, LoadsTensorsAndMetadata) {
  const TemporaryFolder folder;
  write_safetensors(folder.file("m"), hashed_tensors(kSmall), {{"activation", "gelu"}});
  const Weights weights = load_model(folder.file("m"));
  EXPECT_EQ(weights.metadata("activation"), "gelu");
  EXPECT_EQ(weights.source(), folder.file("m"));
  for (const auto& [name, tensor] : hashed_tensors(kSmall))
    EXPECT_TRUE(at::equal(weights.get(name), tensor)) << name;
}

TEST(ModelFile, IsReadAgainWhereItsPagesWereLetGo) {
  const TemporaryFolder folder;
  write_safetensors(folder.file("m"), hashed_tensors(kSmall));
  const Weights weights = load_model(folder.file("m"));
  weights.let_go_of("visual.");
  for (const auto& [name, tensor] : hashed_tensors(kSmall))
    EXPECT_TRUE(at::equal(weights.get(name), tensor)) << name;
}

// Else a training that goes on from a mapped checkpoint would lose what it has learned.
TEST(Weights, KeepWhatIsWrittenToThemUnlessTheyAreSaidToBeAnUnwrittenFile) {
  const TemporaryFolder folder;
  write_safetensors(folder.file("m"), {{"a", at::zeros({1 << 16})}});
  for (const auto storage : {Weights::Storage::kAny, Weights::Storage::kUnwrittenFile}) {
    const at::Tensor a = read_safetensors(folder.file("m")).tensors.at("a");
    a.fill_(1);
    Weights({{"a", a}}, {}, "m", storage).let_go_of("a");
    EXPECT_EQ(a[1 << 15].item<float>(), storage == Weights::Storage::kAny ? 1 : 0);
  }
}

TEST(ModelFile, NamesTheFirstTensorThatIsNotFinite) {
  const TemporaryFolder folder;
  for (const double bad :
       {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    auto tensors = hashed_tensors(kSmall);
    tensors["visual.proj"][3][5] = bad;
    tensors["visual.transformer.resblocks.1.ln_1.bias"][0] = bad;
    write_safetensors(folder.file("m"), tensors);
    expect_error(
        ErrorCode::kNotFinite, [&] { load_model(folder.file("m")); }, folder.file("m"),
        "\"visual.proj\"");
  }
}

// Computed once in Python, from oracle.hashed_weights(TINY):
// hashlib.sha256(b"".join(w[key].numpy().tobytes() for key in
// ("visual.class_embedding", "visual.positional_embedding", "visual.proj",
// "text_projection"))).hexdigest()
constexpr const char* kTinyFingerprint =
    "76064cf77b2fc47c1e12760a79c1af55cab01271e4b99ada06a2cfad6d03fb25";

TEST(Fingerprint, EqualsTheOneComputedInPython) {
  EXPECT_EQ(fingerprint(testing::hashed_weights(testing::kTiny)), kTinyFingerprint);
}

TEST(Fingerprint, ChangesWithEachOfItsTensors) {
  for (const char* key : {"visual.class_embedding", "visual.positional_embedding", "visual.proj",
                          "text_projection"}) {
    auto tensors = hashed_tensors(testing::kTiny);
    tensors[key] = tensors[key].mul(1.5);
    EXPECT_NE(fingerprint(Weights(tensors, {}, "m")), kTinyFingerprint) << key;
  }
}

TEST(Fingerprint, DoesNotDependOnTheStorageOfEqualValues) {
  auto halves = hashed_tensors(kSmall), floats = halves;
  for (auto& [name, tensor] : halves) {
    tensor = tensor.to(at::kHalf);
    floats[name] = tensor.to(at::kFloat);
  }
  EXPECT_EQ(fingerprint(Weights(halves, {}, "m")), fingerprint(Weights(floats, {}, "m")));
}

TEST(Fingerprint, OfAVisionTowerAloneSaysWhatIsMissing) {
  const TemporaryFolder folder;
  std::map<std::string, at::Tensor> vision;
  for (const auto& [name, tensor] : hashed_tensors(kSmall))
    if (name.starts_with("visual.")) vision[name] = tensor;
  write_safetensors(folder.file("m"), vision);
  const Weights weights = load_model(folder.file("m"));
  EXPECT_TRUE(weights.has("visual.proj"));
  expect_error(
      ErrorCode::kMismatch, [&] { fingerprint(weights); }, "\"text_projection\"");
}

}  // namespace
}  // namespace anomalyclip
