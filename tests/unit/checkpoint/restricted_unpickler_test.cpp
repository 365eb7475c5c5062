#include "checkpoint/restricted_unpickler.h"

#include <filesystem>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "checkpoint/zip_reader.h"
#include "core/mapped_file.h"
#include "expect_error.h"
#include "golden.h"

namespace anomalyclip {
namespace {

using testing::expect_error;

pickle::Document read(const std::string& text) {
  return pickle::read(std::as_bytes(std::span(text)), "f.pt");
}

void expect_refused(const std::string& text, const std::string& fault) {
  expect_error(
      ErrorCode::kRead, [&] { read(text); }, "f.pt", fault);
}

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text += static_cast<char>(value);
  return text;
}

const std::string kProtocol2 = bytes({0x80, 2});

std::string short_text(const std::string& text) {
  return bytes({0x8c, int(text.size())}) + text;
}

std::string storage(const std::string& type = "torch\nFloatStorage",
                    const std::string& elements = "K\4") {
  return "(" + short_text("storage") + "c" + type + "\n" + short_text("0") + short_text("cuda:0") +
         elements + "tQ";
}

TEST(Unpickler, ReadsNumbersTextAndContainers) {
  // {"a": (1, -2, 300, 70000), "b": [True, False, None], "c": 1.5}
  const auto document =
      read(kProtocol2 + "}(X" + bytes({1, 0, 0, 0}) + "a(K\1J\xfe\xff\xff\xffM\x2c\1J\x70\x11\1" +
           bytes({0}) + "tX" + bytes({1, 0, 0, 0}) + "b](\x88\x89Ne" + short_text("c") +
           "G\x3f\xf8" + std::string(6, '\0') + "u.");
  const auto* dict = document.root->as<pickle::Dict>();
  ASSERT_NE(dict, nullptr);
  const auto& numbers = dict->find("a")->as<pickle::Sequence>()->items;
  ASSERT_EQ(numbers.size(), 4u);
  EXPECT_EQ(*numbers[0]->as<std::int64_t>(), 1);
  EXPECT_EQ(*numbers[1]->as<std::int64_t>(), -2);
  EXPECT_EQ(*numbers[2]->as<std::int64_t>(), 300);
  EXPECT_EQ(*numbers[3]->as<std::int64_t>(), 70000);
  EXPECT_EQ(dict->find("b")->as<pickle::Sequence>()->items.size(), 3u);
  EXPECT_EQ(*dict->find("c")->as<double>(), 1.5);
  EXPECT_EQ(dict->find("d"), nullptr);
}

TEST(Unpickler, ReadsWholeNumbersOfAnyWidth) {
  EXPECT_EQ(*read(kProtocol2 + bytes({0x8a, 0}) + ".").root->as<std::int64_t>(), 0);
  EXPECT_EQ(*read(kProtocol2 + bytes({0x8a, 1, 0xff}) + ".").root->as<std::int64_t>(), -1);
  EXPECT_EQ(*read(kProtocol2 + bytes({0x8a, 2, 0xff, 0}) + ".").root->as<std::int64_t>(), 255);
  EXPECT_EQ(read(kProtocol2 + bytes({0x8a, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9}) + ".")
                .root->as<std::string>()
                ->size(),
            9u);
}

TEST(Unpickler, ReadsTensorsWhereverTheyWereSaved) {
  const auto document = read(kProtocol2 + "ctorch._utils\n_rebuild_tensor_v2\n(" + storage() +
                             "K\1K\3\x85K\1\x85\x89Nt" + "R.");
  const auto* tensor = document.root->as<pickle::TensorView>();
  ASSERT_NE(tensor, nullptr);
  EXPECT_EQ(tensor->storage->key, "0");
  EXPECT_EQ(tensor->storage->elements, 4);
  EXPECT_EQ(tensor->storage->dtype, at::kFloat);
  EXPECT_EQ(tensor->offset, 1);
  EXPECT_EQ(tensor->sizes, std::vector<std::int64_t>{3});
}

TEST(Unpickler, RefusesOtherGlobalsByNameAndRunsNothing) {
  const std::string witness = "unpickler-test-was-here";
  std::filesystem::remove(witness);
  const std::string command = short_text("touch " + witness);
  expect_refused(kProtocol2 + "cposix\nsystem\n" + command + "\x85R.", "\"posix.system\"");
  expect_refused(kProtocol2 + "cbuiltins\neval\n" + command + "\x85R.", "\"builtins.eval\"");
  expect_refused(
      bytes({0x80, 4}) + short_text("posix") + short_text("system") + "\x93" + command + "\x85R.",
      "\"posix.system\"");
  expect_refused(kProtocol2 + "c__builtin__\ngetattr\n.", "\"__builtin__.getattr\"");
  expect_refused(kProtocol2 + "ctorch.storage\n_load_from_bytes\n.",
                 "\"torch.storage._load_from_bytes\"");
  expect_refused(kProtocol2 + "cevil\n\x1b[2J\n.", "\"evil.?[2J\"");
  EXPECT_FALSE(std::filesystem::exists(witness));
}

TEST(Unpickler, RefusesOldInstructionsThatFindGlobalsInOtherWays) {
  expect_refused(kProtocol2 + "(iposix\nsystem\n.", "the instruction 105");  // INST
  expect_refused(kProtocol2 + "(oposix\nsystem\n.", "the instruction 111");  // OBJ
  expect_refused(kProtocol2 + bytes({0x82, 1}) + ".",
                 "the instruction 130");                        // EXT1, the extension registry
  expect_refused(kProtocol2 + "Pid\n.", "the instruction 80");  // PERSID
}

TEST(Unpickler, CallsOnlyWhatMakesTensors) {
  expect_refused(kProtocol2 + "ctorch\nFloatStorage\n)R.", "which cannot be called");
  expect_refused(kProtocol2 + "c__torch__\nModel\n)R.", "which cannot be called");
  expect_refused(kProtocol2 + "ccollections\nOrderedDict\n)\x81.", "not a TorchScript module");
  expect_refused(kProtocol2 + "K\1)R.", "not a function");
  expect_refused(kProtocol2 + "K\1}b.", "sets the state");
}

TEST(Unpickler, RefusesMalformedTensors) {
  const std::string start = kProtocol2 + "ctorch._utils\n_rebuild_tensor_v2\n(";
  expect_refused(start + storage() + "tR.", "too few values");
  expect_refused(start + "NK" + bytes({0}) + ")))tR.", "not a storage");
  expect_refused(start + storage() + "K\1K\1K\1tR.", "no short list");
  expect_refused(start + storage() + "K\1" + short_text("x") + "\x85)tR.", "no whole number");
  expect_refused(kProtocol2 + storage("torch\nFloatStorage", "J\xff\xff\xff\xff") + ".",
                 "not a storage");
  expect_refused(kProtocol2 + storage("torch\nSize") + ".", "not a storage");
  expect_refused(kProtocol2 + "NQ.", "not a storage");
}

TEST(Unpickler, RefusesPicklesThatDoNotAddUp) {
  expect_refused("", "cut short");
  expect_refused(kProtocol2, "cut short");
  expect_refused(kProtocol2 + ".", "takes more values");
  expect_refused(kProtocol2 + "X\xff\xff\xff\xff", "cut short");
  expect_refused(kProtocol2 + bytes({0x8d}) + std::string(8, '\xff'), "cut short");
  expect_refused(kProtocol2 + "t.", "closes a group");
  expect_refused(kProtocol2 + "N(0.", "takes more values");
  expect_refused(kProtocol2 + "h\1.", "recalls what it has not");
  expect_refused(kProtocol2 + "}(Nu.", "a key without a value");
  expect_refused(kProtocol2 + "NNNs.", "not a dict");
  expect_refused(kProtocol2 + "NNa.", "not a list");
  expect_refused(bytes({0x80, 9}) + "N.", "protocol 9");
}

TEST(Unpickler, BoundsMemoryStackAndGroups) {
  expect_refused(kProtocol2 + std::string(600'000, 'N') + ".", "values");
  expect_refused(kProtocol2 + "Nq\1" + std::string(600'000, '(') + ".", "too deep a stack");
  std::string recalls = kProtocol2 + "Nq\1";
  for (int i = 0; i < 600'000; ++i) recalls += "h\1";
  expect_refused(recalls, "too deep a stack");
  std::string copies = kProtocol2 + "](";
  for (int i = 0; i < 10'000; ++i) copies += "NN\x86";
  copies += "eq\1";
  for (int i = 0; i < 1'000; ++i) copies += "ccollections\nOrderedDict\nh\1\x85R";
  expect_refused(copies, "again and again");
}

TEST(Unpickler, SurvivesContainersThatHoldThemselves) {
  EXPECT_NE(read(kProtocol2 + "]q\1h\1a.").root, nullptr);
}

TEST(Unpickler, FlippedBytesGiveAnErrorOrValuesNeverACrash) {
  std::mt19937 random(2);
  for (const char* name : {"checkpoint_torchscript_half", "checkpoint_upstream_prompts"}) {
    const bool script = std::string(name).find("script") != std::string::npos;
    const auto file =
        MappedFile::open(testing::golden_path(std::string(name) + (script ? ".pt" : ".pth")));
    const std::string whole =
        ZipReader(file->bytes(), name).read(std::string(name) + "/data.pkl", 1 << 20);
    ASSERT_NO_THROW(read(whole));
    int refused = 0;
    for (int round = 0; round < 3000; ++round) {
      std::string text = whole;
      for (unsigned flips = 1 + random() % 4; flips > 0; --flips)
        text[random() % text.size()] = static_cast<char>(random());
      try {
        read(text);
      } catch (const Error&) {
        ++refused;
      }
    }
    EXPECT_GT(refused, 0);
  }
}

}  // namespace
}  // namespace anomalyclip
