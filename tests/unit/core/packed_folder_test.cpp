#include "core/packed_folder.h"

#include <atomic>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <future>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "core/locked_part.h"
#include "expect_error.h"
#include "temporary_folder.h"

namespace anomalyclip {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::bytes_of_file;
using testing::expect_error;
using testing::TemporaryFolder;

PackedContent content(const std::string& key = "model a") {
  return {key, {{"first", 5000}, {"second", 64}}};
}

/// What a section holds here: its name's first letter.
void fill(const PackedFile& file) {
  for (const char* name : {"first", "second"}) {
    const at::Tensor section = file.section(name);
    std::memset(section.mutable_data_ptr(), name[0], section.nbytes());
  }
}

bool holds_its_numbers(const PackedFile& file) {
  bool right = true;
  for (const char* name : {"first", "second"}) {
    const at::Tensor section = file.section(name);
    const auto* bytes = section.const_data_ptr<std::uint8_t>();
    right &= std::all_of(bytes, bytes + section.numel(), [&](int byte) { return byte == name[0]; });
  }
  return right;
}

/// Whether it had to be filled.
bool use(const PackedFolder& folder, const PackedContent& what) {
  std::string fault;
  const auto file = folder.acquire(what, &fault);
  const bool new_file = !file->filled();
  if (new_file) {
    fill(*file);
    folder.publish(*file, what);
  }
  EXPECT_TRUE(holds_its_numbers(*file));
  return new_file;
}

std::size_t files_in(const std::string& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

void age(const std::string& path, std::chrono::hours by) {
  fs::last_write_time(path, fs::file_time_type::clock::now() - by);
}

class PackedFolderTest : public ::testing::Test {
 protected:
  const TemporaryFolder temporary_;
  const PackedFolder folder_{temporary_.path()};
  const std::string path_ = folder_.path_of(content());

  /// The file is filled anew, and `says` why; afterwards it serves again.
  void expect_replaced(const std::string& says) {
    std::string fault;
    {
      const auto file = folder_.acquire(content(), &fault);
      EXPECT_FALSE(file->filled());
    }
    EXPECT_THAT(fault, ::testing::HasSubstr(path_));
    EXPECT_THAT(fault, ::testing::HasSubstr(says));
    EXPECT_TRUE(use(folder_, content()));
    EXPECT_FALSE(use(folder_, content()));
  }
};

TEST_F(PackedFolderTest, WhatIsPublishedOnceIsMappedFromThenOn) {
  EXPECT_TRUE(use(folder_, content()));
  EXPECT_FALSE(use(folder_, content()));
  EXPECT_EQ(files_in(temporary_.path()), 1u);
}

TEST_F(PackedFolderTest, SectionsBeginAtPages) {
  std::string fault;
  const auto file = folder_.acquire(content(), &fault);
  for (const char* name : {"first", "second"})
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(file->section(name).const_data_ptr()) % 4096, 0u);
}

TEST_F(PackedFolderTest, SectionsOutliveTheFile) {
  use(folder_, content());
  std::string fault;
  const at::Tensor section = folder_.acquire(content(), &fault)->section("first");
  fs::remove(path_);
  EXPECT_EQ(section.const_data_ptr<std::uint8_t>()[4999], 'f');
}

TEST_F(PackedFolderTest, NothingIsLeftOfWhatIsNotPublished) {
  std::string fault;
  fill(*folder_.acquire(content(), &fault));
  EXPECT_EQ(files_in(temporary_.path()), 0u);
}

TEST_F(PackedFolderTest, AnotherKeyIsAnotherFile) {
  EXPECT_TRUE(use(folder_, content()));
  EXPECT_TRUE(use(folder_, content("model b")));
  EXPECT_EQ(files_in(temporary_.path()), 2u);
}

TEST_F(PackedFolderTest, AFileOfAnotherKeyInItsPlaceIsReplaced) {
  use(folder_, content("model b"));
  fs::rename(folder_.path_of(content("model b")), path_);
  expect_replaced("does not begin with the words");
}

TEST_F(PackedFolderTest, AByteThatFlippedIsFoundInEverySectionAndInTheChecksums) {
  use(folder_, content());
  const std::string whole = bytes_of_file(path_);
  for (const std::size_t at : {whole.find("second"), whole.find(std::string(64, 'f')) + 4999,
                               whole.find(std::string(64, 's')), std::size_t{80}}) {
    std::string flipped = whole;
    flipped.at(at) ^= 1;
    temporary_.write(fs::path(path_).filename(), flipped);
    expect_replaced(at == whole.find("second") ? "does not begin with the words" : "checksum");
  }
}

TEST_F(PackedFolderTest, AFileOfAnotherSizeIsReplaced) {
  use(folder_, content());
  for (const auto bytes : {fs::file_size(path_) - 1, fs::file_size(path_) + 1, std::uintmax_t{0}}) {
    fs::resize_file(path_, bytes);
    expect_replaced("has " + std::to_string(bytes) + " bytes");
  }
}

TEST_F(PackedFolderTest, AFileThatIsMappedStaysWholeWhenItIsReplaced) {
  use(folder_, content());
  std::string fault;
  const auto before = folder_.acquire(content(), &fault);
  temporary_.write(fs::path(path_).filename(), "torn");
  EXPECT_TRUE(use(folder_, content()));
  EXPECT_TRUE(holds_its_numbers(*before));
}

TEST_F(PackedFolderTest, WhatADeadProcessLeftIsOverwritten) {
  temporary_.write(fs::path(path_ + ".part").filename(), std::string(100000, 'x'));
  EXPECT_TRUE(use(folder_, content()));
  EXPECT_FALSE(use(folder_, content()));
  EXPECT_EQ(files_in(temporary_.path()), 1u);
}

TEST_F(PackedFolderTest, ThreadsAtOnceFillOneFile) {
  std::atomic<int> filled{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 6; ++i)
      threads.emplace_back([&] { filled += use(folder_, content()) ? 1 : 0; });
  }
  EXPECT_EQ(filled, 1);
  EXPECT_EQ(files_in(temporary_.path()), 1u);
}

TEST_F(PackedFolderTest, ProcessesAtOnceFillOneFile) {
  std::vector<pid_t> children;
  for (int i = 0; i < 6; ++i) {
    const pid_t child = fork();
    if (child == 0) _exit(use(folder_, content()) + (HasFailure() ? 100 : 0));
    children.push_back(child);
  }
  int filled = 0;
  for (const pid_t child : children) {
    int status = -1;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status));
    filled += WEXITSTATUS(status);
  }
  EXPECT_EQ(filled, 1);
  EXPECT_EQ(files_in(temporary_.path()), 1u);
}

TEST_F(PackedFolderTest, WhoGoesOnUsingWhatItFilledHoldsNobodyUp) {
  std::string fault;
  const auto first = folder_.acquire(content(), &fault);
  auto second = std::async(std::launch::async, [&] {
    std::string none;
    return folder_.acquire(content(), &none);  // throws where its patience ends
  });
  std::this_thread::sleep_for(50ms);
  fill(*first);
  folder_.publish(*first, content());
  EXPECT_TRUE(second.get()->filled());
}

TEST_F(PackedFolderTest, AProcessThatDiesWhileItFillsHoldsNobodyUp) {
  const pid_t child = fork();
  if (child == 0) {
    std::string fault;
    fill(*folder_.acquire(content(), &fault).release());
    _exit(0);
  }
  waitpid(child, nullptr, 0);
  EXPECT_EQ(files_in(temporary_.path()), 1u);  // it left a part
  EXPECT_TRUE(use(folder_, content()));
  EXPECT_EQ(files_in(temporary_.path()), 1u);
}

TEST_F(PackedFolderTest, UseKeepsAFileYoung) {
  use(folder_, content());
  age(path_, 29 * 24h);
  use(folder_, content());
  EXPECT_GT(fs::last_write_time(path_), fs::file_time_type::clock::now() - 1h);
}

TEST_F(PackedFolderTest, FilesThatNobodyUsesGoAndOthersStay) {
  use(folder_, content("unused"));
  age(folder_.path_of(content("unused")), 31 * 24h);
  age(temporary_.write("anomalyclip-dead.packed.part", "x"), 2h);
  const std::string kept[] = {temporary_.write("notes.packed", "x"),
                              temporary_.write("anomalyclip-demo.safetensors", "x"),
                              temporary_.write("anomalyclip-young.packed.part", "x"),
                              temporary_.write("anomalyclip-written.packed.part", "x")};
  age(kept[0], 31 * 24h);
  age(kept[1], 31 * 24h);
  age(kept[3], 2h);
  const LockedPart written(kept[3], 0ms);
  use(folder_, content());
  for (const std::string& path : kept) EXPECT_TRUE(fs::exists(path)) << path;
  EXPECT_EQ(files_in(temporary_.path()), 5u);
}

TEST_F(PackedFolderTest, AFolderThatIsMissingIsMadeForThisUserAlone) {
  const std::string path = temporary_.file("a/b/");
  EXPECT_TRUE(use(PackedFolder(path), content()));
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all);
}

TEST_F(PackedFolderTest, AFileInTheFoldersPlaceIsNamed) {
  std::string fault;
  const std::string path = temporary_.write("file", "x");
  expect_error(
      ErrorCode::kSettings, [&] { PackedFolder(path).acquire(content(), &fault); }, path,
      "is a file, and a folder was expected");
  expect_error(
      ErrorCode::kSettings, [&] { PackedFolder(path + "/below").acquire(content(), &fault); },
      path + "/below", "cannot be made");
}

TEST_F(PackedFolderTest, ALinkInThePartsPlaceIsNotFollowed) {
  const std::string target = temporary_.write("target", "precious");
  fs::create_symlink(target, path_ + ".part");
  std::string fault;
  expect_error(
      ErrorCode::kSettings, [&] { folder_.acquire(content(), &fault); },
      ".part: cannot be written");
  EXPECT_EQ(bytes_of_file(target), "precious");
}

TEST_F(PackedFolderTest, ADiskWithoutRoomIsNamedAndNothingIsLeft) {
  std::string fault;
  expect_error(
      ErrorCode::kSettings,
      [&] {
        folder_.acquire({"large", {{"a", std::int64_t{1} << 50}}}, &fault);
      },
      ".part: the packed weights take 1073741824 MiB", "left");
  EXPECT_EQ(files_in(temporary_.path()), 0u);
}

TEST(LockedPart, GivesUpWhenAnotherDoesNotComeToAnEnd) {
  const TemporaryFolder folder;
  const LockedPart first(folder.file("a"), 0ms);
  expect_error(
      ErrorCode::kSettings, [&] { LockedPart(folder.file("a"), 20ms); }, folder.file("a"),
      "another process has not come to its end");
}

}  // namespace
}  // namespace anomalyclip
