#include "checkpoint/torch_archive.h"

#include <algorithm>
#include <filesystem>
#include <random>

#include <ATen/ops/equal.h>

#include <gtest/gtest.h>

#include "checkpoint/clip_names.h"
#include "expect_error.h"
#include "golden.h"
#include "hashed_weights.h"
#include "temporary_folder.h"

namespace anomalyclip {
namespace {

using testing::bytes_of_file;
using testing::expect_error;
using testing::golden_path;
using testing::TemporaryFolder;
using Tensors = std::map<std::string, at::Tensor>;

// tests/golden/make_checkpoints.py
constexpr testing::ClipDimensions kSmall{32, 8, 4, 64, 2, 64, 2, 77, 128};

bool kept_in_float(const std::string& name) {
  return name == "logit_scale" || name.find(".ln_") != std::string::npos || name.starts_with("ln_");
}

void expect_weights(const TorchArchive& archive, bool half, bool norms_in_half = false) {
  const Tensors found = to_openai_names(archive.tensors, "f").tensors,
                expected = testing::hashed_tensors(kSmall);
  EXPECT_EQ(found.size(), expected.size());
  for (const auto& [name, tensor] : expected) {
    ASSERT_TRUE(found.contains(name)) << name;
    const bool rounded = half && (norms_in_half || !kept_in_float(name));
    EXPECT_EQ(found.at(name).scalar_type(), rounded ? at::kHalf : at::kFloat) << name;
    EXPECT_TRUE(at::equal(found.at(name), rounded ? tensor.to(at::kHalf) : tensor)) << name;
  }
}

TEST(TorchArchive, UnwrapsAStateDict) {
  const TorchArchive archive = read_torch_archive(golden_path("checkpoint_state_dict.pt"));
  EXPECT_EQ(archive.kind, "state dict");
  EXPECT_EQ(archive.unwrapped, std::vector<std::string>{"state_dict"});
  expect_weights(archive, false);
}

TEST(TorchArchive, ReadsTheFormatBeforePyTorch1_6) {
  const TorchArchive archive = read_torch_archive(golden_path("checkpoint_before_1_6.pt"));
  EXPECT_EQ(archive.kind, "state dict (before PyTorch 1.6)");
  expect_weights(archive, true, true);
}

TEST(TorchArchive, ReadsTheParametersOfATorchScriptArchive) {
  const TorchArchive archive = read_torch_archive(golden_path("checkpoint_torchscript_half.pt"));
  EXPECT_EQ(archive.kind, "TorchScript archive");
  EXPECT_TRUE(archive.tensors.contains("input_resolution"));
  expect_weights(archive, true);
}

TEST(TorchArchive, ReadsUpstreamPrompts) {
  const TorchArchive archive = read_torch_archive(golden_path("checkpoint_upstream_prompts.pth"));
  EXPECT_EQ(archive.unwrapped, std::vector<std::string>{"prompt_learner"});
  EXPECT_EQ(archive.tensors.at("ctx_neg").sizes(), (at::IntArrayRef{1, 1, 12, 64}));
  EXPECT_TRUE(
      at::equal(archive.tensors.at("ctx_neg"), testing::noise(3001, {1, 1, 12, 64}, 0.07f)));
  EXPECT_EQ(archive.tensors.at("tokenized_prompts_pos").scalar_type(), at::kInt);
}

TEST(TorchArchive, RefusesAMaliciousFileByNameAndRunsNothing) {
  const std::string witness = "this-file-shows-that-a-checkpoint-was-executed";
  std::filesystem::remove(witness);
  const std::string path = golden_path("checkpoint_malicious.pt");
  expect_error(
      ErrorCode::kRead, [&] { read_torch_archive(path); }, path, "\"posix.system\"",
      "may run code");
  EXPECT_FALSE(std::filesystem::exists(witness));
}

TEST(TorchArchive, RefusesOtherFiles) {
  const TemporaryFolder folder;
  expect_error(
      ErrorCode::kNotFound, [&] { read_torch_archive(folder.file("none.pt")); }, "no such file");
  expect_error(
      ErrorCode::kRead, [&] { read_torch_archive(folder.path()); }, "is a folder");
  expect_error(
      ErrorCode::kRead, [&] { read_torch_archive(folder.write("a", "")); },
      "neither a zip archive nor a pickle");
  expect_error(
      ErrorCode::kRead, [&] { read_torch_archive(folder.write("a", "PK\3\4 but no more")); },
      "not a readable PyTorch archive");
  expect_error(
      ErrorCode::kRead, [&] { read_torch_archive(folder.write("a", "\x80\2K\1.")); },
      "not one that torch.save wrote");
}

TEST(TorchArchive, NoticesOneDamagedByteByItsCheckSum) {
  const TemporaryFolder folder;
  std::string bytes = bytes_of_file(golden_path("checkpoint_upstream_prompts.pth"));
  const auto ctx = testing::noise(3001, {4}, 0.07f);
  const std::string number(static_cast<const char*>(ctx.const_data_ptr()), 4 * sizeof(float));
  const auto position = bytes.find(number);
  ASSERT_NE(position, std::string::npos);
  bytes[position] ^= 1;
  expect_error(
      ErrorCode::kRead, [&] { read_torch_archive(folder.write("a", bytes)); }, "CRC");
}

TEST(TorchArchive, TruncatedFilesAreRefused) {
  const TemporaryFolder folder;
  for (const char* name : {"checkpoint_before_1_6.pt", "checkpoint_upstream_prompts.pth"}) {
    const std::string whole = bytes_of_file(golden_path(name));
    for (std::size_t length = 0; length < whole.size(); length += whole.size() / 97) {
      const std::string path = folder.write("a", whole.substr(0, length));
      expect_error(
          ErrorCode::kRead, [&] { read_torch_archive(path); }, path);
    }
  }
}

TEST(TorchArchive, FlippedBytesGiveAnErrorOrTensorsNeverACrash) {
  const TemporaryFolder folder;
  std::mt19937 random(3);
  for (const char* name : {"checkpoint_before_1_6.pt", "checkpoint_upstream_prompts.pth"}) {
    const std::string whole = bytes_of_file(golden_path(name));
    int refused = 0;
    for (int round = 0; round < 400; ++round) {
      std::string bytes = whole;
      // Three in four where the structure is: a zip archive's directory at the end, a pickle at the
      // start.
      const std::size_t structure = std::min<std::size_t>(bytes.size(), 6000);
      const bool front = whole[0] != 'P' || random() % 4 == 0;
      for (unsigned flips = 1 + random() % 4; flips > 0; --flips) {
        const std::size_t offset = random() % (round % 4 == 0 ? bytes.size() : structure);
        bytes[front ? offset : bytes.size() - 1 - offset] = static_cast<char>(random());
      }
      try {
        read_torch_archive(folder.write("a", bytes));
      } catch (const Error&) {
        ++refused;
      }
    }
    EXPECT_GT(refused, 0);
  }
}

}  // namespace
}  // namespace anomalyclip
