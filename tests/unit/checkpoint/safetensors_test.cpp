#include "checkpoint/safetensors.h"

#include <cstdint>
#include <filesystem>
#include <random>
#include <string>

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <gtest/gtest.h>

#include "expect_error.h"
#include "temporary_folder.h"

namespace anomalyclip {
namespace {

using testing::bytes_of_file;
using testing::expect_error;
using testing::TemporaryFolder;

std::string little_endian(std::uint64_t number) {
  std::string bytes(8, '\0');
  for (int i = 0; i < 8; ++i) bytes[i] = static_cast<char>(number >> (8 * i));
  return bytes;
}

std::string file_with(const std::string& header, std::size_t data_bytes = 0) {
  return little_endian(header.size()) + header + std::string(data_bytes, '\0');
}

void expect_refused(const std::string& bytes, const std::string& fault) {
  const TemporaryFolder folder;
  const std::string path = folder.write("bad.safetensors", bytes);
  expect_error(
      ErrorCode::kRead, [&] { read_safetensors(path); }, path, fault);
}

const std::string kOneTensor = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";

TEST(Safetensors, ReadsBackWhatItWrote) {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.safetensors");
  const std::map<std::string, at::Tensor> tensors = {
      {"bools", at::arange(3).to(at::kBool)},
      {"bytes", at::arange(3, at::kByte)},
      {"doubles", at::arange(6, at::kDouble).view({2, 3})},
      {"empty", at::zeros({0, 4})},
      {"halves", at::arange(5, at::kHalf)},
      {"bfloats", at::arange(5, at::kBFloat16)},
      {"longs", at::arange(2, at::kLong)},
      {"number", at::scalar_tensor(4.5)},
      {"transposed", at::arange(6, at::kFloat).view({2, 3}).t()}};
  const std::map<std::string, std::string> metadata = {{"activation", "gelu"},
                                                       {"note", "Zürich \"1\""}};
  write_safetensors(path, tensors, metadata);

  const Safetensors read = read_safetensors(path);
  EXPECT_EQ(read.metadata, metadata);
  ASSERT_EQ(read.tensors.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    EXPECT_EQ(read.tensors.at(name).scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(at::equal(read.tensors.at(name), tensor)) << name;
  }
}

TEST(Safetensors, TensorsOutliveTheFile) {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.safetensors");
  write_safetensors(path, {{"a", at::arange(1000, at::kFloat)}});
  at::Tensor tensor = read_safetensors(path).tensors.at("a");
  std::filesystem::remove(path);
  EXPECT_TRUE(at::equal(tensor, at::arange(1000, at::kFloat)));
}

TEST(Safetensors, WritingToATensorChangesNoFile) {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.safetensors");
  write_safetensors(path, {{"a", at::zeros({4})}});
  const std::string before = bytes_of_file(path);
  read_safetensors(path).tensors.at("a").fill_(1);
  EXPECT_EQ(bytes_of_file(path), before);
}

TEST(Safetensors, SameContentGivesSameBytes) {
  const TemporaryFolder folder;
  for (const char* name : {"1", "2"})
    write_safetensors(folder.file(name), {{"b", at::zeros({3}, at::kHalf)}, {"a", at::zeros({2})}},
                      {{"k", "v"}});
  EXPECT_EQ(bytes_of_file(folder.file("1")), bytes_of_file(folder.file("2")));
}

TEST(Safetensors, MisalignedTensorsAreCopied) {
  // The byte before it puts "b" at an odd address.
  const TemporaryFolder folder;
  std::string bytes = file_with(
      R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}})");
  bytes += std::string("\7\0\0\x80\x3f", 5);
  const Safetensors read = read_safetensors(folder.write("a", bytes));
  EXPECT_EQ(read.tensors.at("a").item<int>(), 7);
  EXPECT_EQ(read.tensors.at("b").item<float>(), 1.0f);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(read.tensors.at("b").const_data_ptr()) % 4, 0u);
}

TEST(Safetensors, AnEmptyHeaderIsAFileWithoutTensors) {
  const TemporaryFolder folder;
  EXPECT_TRUE(read_safetensors(folder.write("a", file_with("{}"))).tensors.empty());
}

TEST(Safetensors, MissingFileIsNotFound) {
  expect_error(
      ErrorCode::kNotFound, [] { read_safetensors("/nonexistent/a.safetensors"); }, "no such file");
}

TEST(Safetensors, FolderIsRefused) {
  const TemporaryFolder folder;
  expect_error(
      ErrorCode::kRead, [&] { read_safetensors(folder.path()); }, "is a folder");
}

TEST(Safetensors, EmptyAndTinyFilesAreRefused) {
  expect_refused("", "it has 0 bytes");
  expect_refused("1234567", "it has 7 bytes");
}

TEST(Safetensors, HeaderLongerThanTheFileIsRefused) {
  expect_refused(little_endian(100) + "{}", "claims 100 bytes");
  expect_refused(little_endian(~0ull) + "{}", "claims 18446744073709551615 bytes");
}

TEST(Safetensors, PyTorchArchiveIsSentToConvert) {
  expect_refused("PK\3\4 and more", "anomalyclip convert");
}

TEST(Safetensors, HeaderThatIsNoJsonObjectIsRefused) {
  expect_refused(file_with(""), "does not start with \"{\"");
  expect_refused(file_with("[1]"), "does not start with \"{\"");
  expect_refused(file_with("{\"a\":"), "not JSON");
  expect_refused(file_with("{} {}"), "not JSON");
  expect_refused(file_with("{\"\xff\":1}"), "not JSON");
}

TEST(Safetensors, DuplicateKeysAreRefused) {
  expect_refused(
      file_with(
          R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})"),
      "\"a\" appears twice");
  expect_refused(file_with(R"({"a":{"dtype":"U8","dtype":"I8","shape":[0],"data_offsets":[0,0]}})"),
                 "\"dtype\" appears twice");
}

TEST(Safetensors, NestingBombsAreRefused) {
  expect_refused(file_with("{\"a\":" + std::string(1'000'000, '[')), "nested deeper");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  expect_refused(file_with(objects), "nested deeper");
}

TEST(Safetensors, MetadataOtherThanStringsIsRefused) {
  expect_refused(file_with(R"({"__metadata__":{"a":1}})"), "__metadata__ \"a\" is not a string");
  expect_refused(file_with(R"({"__metadata__":{"a":{"b":"c"}}})"),
                 "__metadata__ \"a\" is not a string");
  expect_refused(file_with(R"({"__metadata__":"a"})"), "__metadata__ is not an object");
}

TEST(Safetensors, MalformedEntriesAreRefused) {
  expect_refused(file_with(R"({"a":1})"), "tensor \"a\": its entry is not an object");
  expect_refused(file_with(R"({"a":{"shape":[1],"data_offsets":[0,4]}})", 4),
                 "tensor \"a\": dtype should be a string");
  expect_refused(file_with(R"({"a":{"dtype":"F32","data_offsets":[0,4]}})", 4),
                 "tensor \"a\": shape should be a list");
  expect_refused(file_with(R"({"a":{"dtype":"F32","shape":[1]}})", 4),
                 "tensor \"a\": data_offsets should be a list");
  expect_refused(file_with(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}})", 4),
                 "data_offsets should be two numbers");
}

TEST(Safetensors, UnknownDtypesAreRefusedByName) {
  expect_refused(file_with(R"({"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}})", 1),
                 "dtype \"F8_E4M3\" is not one of F64, F32, F16");
}

TEST(Safetensors, NumbersThatAreNotWholeOrTooLargeAreRefused) {
  for (const char* number :
       {"-1", "1.5", "1e2", "\"1\"", "true", "9223372036854775808", "99999999999999999999999"}) {
    expect_refused(file_with(R"({"a":{"dtype":"F32","shape":[)" + std::string(number) +
                                 R"(],"data_offsets":[0,4]}})",
                             4),
                   "tensor \"a\": shape should hold whole numbers");
    expect_refused(file_with(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[)" +
                                 std::string(number) + R"(,4]}})",
                             4),
                   "tensor \"a\": data_offsets should hold whole numbers");
  }
}

TEST(Safetensors, ShapesThatOverflowAreRefused) {
  expect_refused(
      file_with(R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}})"),
      "its shape overflows");
  expect_refused(
      file_with(
          R"({"a":{"dtype":"F64","shape":[0,9223372036854775807,9223372036854775807],"data_offsets":[0,8]}})",
          8),
      "need 0 bytes");
}

TEST(Safetensors, TooManyAxesAreRefused) {
  std::string ones = "1";
  for (int i = 0; i < 40; ++i) ones += ",1";
  expect_refused(
      file_with(R"({"a":{"dtype":"U8","shape":[)" + ones + R"(],"data_offsets":[0,1]}})", 1),
      "more than 32 axes");
}

TEST(Safetensors, ExtentsThatDifferFromTheShapeAreRefused) {
  expect_refused(file_with(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8),
                 "need 12 bytes");
}

TEST(Safetensors, OffsetsBackwardsOrOutsideAreRefused) {
  expect_refused(file_with(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8),
                 "run backwards");
  expect_refused(file_with(kOneTensor, 4), "exceed the 4 bytes of data");
}

TEST(Safetensors, OverlapsHolesAndTrailingBytesAreRefused) {
  const std::string a = R"("a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]})";
  expect_refused(file_with("{" + a + R"(,"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})", 6),
                 "tensor \"b\": its data overlap");
  expect_refused(
      file_with("{" + a + R"(,"b":{"dtype":"U8","shape":[4],"data_offsets":[6,10]}})", 10),
      "tensor \"b\": there is a hole of 2 bytes");
  expect_refused(file_with("{" + a + "}", 5), "1 bytes before the end of the file");
}

TEST(Safetensors, EveryTruncationIsRefused) {
  const TemporaryFolder folder;
  write_safetensors(folder.file("a"), {{"a", at::arange(4)}, {"b", at::zeros({3})}}, {{"k", "v"}});
  const std::string whole = bytes_of_file(folder.file("a"));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const std::string path = folder.write("cut", whole.substr(0, length));
    expect_error(
        ErrorCode::kRead, [&] { read_safetensors(path); }, path);
  }
}

TEST(Safetensors, FlippedBytesGiveAnErrorOrTensorsNeverACrash) {
  const TemporaryFolder folder;
  write_safetensors(folder.file("a"), {{"first", at::arange(4)}, {"second", at::zeros({3, 2})}},
                    {{"k", "v"}});
  const std::string whole = bytes_of_file(folder.file("a"));
  std::mt19937 random(1);
  int read = 0, refused = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = whole;
    for (unsigned flips = 1 + random() % 3; flips > 0; --flips)
      bytes[random() % bytes.size()] ^= static_cast<char>(1 + random() % 255);
    try {
      for (const auto& entry : read_safetensors(folder.write("b", bytes)).tensors)
        entry.second.clone();  // touches every byte
      ++read;
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(read, 0);
  EXPECT_GT(refused, 0);
}

TEST(SafetensorsWriter, RefusesDtypesThatTheFormatDoesNotName) {
  const TemporaryFolder folder;
  expect_error(
      ErrorCode::kSettings,
      [&] {
        write_safetensors(folder.file("a"), {{"z", at::zeros({1}, at::kComplexFloat)}});
      },
      "\"z\"");
}

TEST(SafetensorsWriter, RefusesTextThatIsNotUtf8AndLeavesNothing) {
  const TemporaryFolder folder;
  expect_error(
      ErrorCode::kSettings,
      [&] {
        write_safetensors(folder.file("a"), {}, {{"k", "\xff"}});
      },
      "UTF-8");
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace anomalyclip
