#include <algorithm>
#include <filesystem>
#include <limits>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include <ATen/ops/full.h>

#include <gtest/gtest.h>

#include "core/atomic_file.h"
#include "core/finite.h"
#include "core/mapped_file.h"
#include "core/sha256.h"
#include "expect_error.h"
#include "temporary_folder.h"

namespace anomalyclip {
namespace {

using testing::bytes_of_file;
using testing::expect_error;
using testing::TemporaryFolder;

TEST(AtomicFile, AppearsOnlyWhenCommitted) {
  const TemporaryFolder folder;
  const std::string path = folder.write("a.txt", "old");
  AtomicFile file(path);
  file.write("new");
  EXPECT_EQ(bytes_of_file(path), "old");
  file.commit();
  EXPECT_EQ(bytes_of_file(path), "new");
}

TEST(AtomicFile, LeavesNothingBehindWhenItIsAbandoned) {
  const TemporaryFolder folder;
  { AtomicFile(folder.file("a.txt")).write("half of it"); }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(AtomicFile, ReplacesTheTargetOfALinkAndKeepsTheLink) {
  const TemporaryFolder folder;
  const std::string target = folder.write("target", "old"), link = folder.file("link");
  std::filesystem::create_symlink(target, link);
  write_file_atomically(link, "new");
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_EQ(bytes_of_file(target), "new");
}

TEST(AtomicFile, NamesAFolderThatIsNotThere) {
  const TemporaryFolder folder;
  expect_error(
      ErrorCode::kNotFound, [&] { AtomicFile{folder.file("no/a.txt")}; }, "no/a.txt",
      "there is no folder");
}

TEST(AtomicFile, RefusesToReplaceAFolder) {
  const TemporaryFolder folder;
  expect_error(
      ErrorCode::kSettings, [&] { AtomicFile{folder.path()}; }, "not a regular file");
}

TEST(AtomicFile, SaysWhenItCannotTakeItsPlace) {
  const TemporaryFolder folder;
  AtomicFile file(folder.file("a"));
  std::filesystem::remove(file.temporary_path());
  expect_error(
      ErrorCode::kSettings, [&] { file.commit(); }, "cannot be replaced");
}

TEST(MappedFile, WritingToItDoesNotChangeTheFile) {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", "hello");
  const auto file = MappedFile::open(path);
  file->bytes()[0] = std::byte{'J'};
  EXPECT_EQ(bytes_of_file(path), "hello");
}

TEST(MappedFile, LetsGoOfWholePagesOnly) {
  const TemporaryFolder folder;
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const auto file = MappedFile::open(folder.write("a", std::string(3 * page, 'x')));
  // What is written shows which pages are read again.
  std::fill(file->bytes().begin(), file->bytes().end(), std::byte{'y'});
  let_go_of_pages(file->bytes().data() + 1, 2 * page - 1);
  EXPECT_EQ(file->bytes()[page - 1], std::byte{'y'});
  EXPECT_EQ(file->bytes()[page], std::byte{'x'});
  EXPECT_EQ(file->bytes()[2 * page - 1], std::byte{'x'});
  EXPECT_EQ(file->bytes()[2 * page], std::byte{'y'});
}

TEST(MappedFile, LetsGoOfNoOtherMemory) {
  const TemporaryFolder folder;
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const auto file = MappedFile::open(folder.write("a", "mapped"));
  std::vector<char> own(4 * page, 'z');
  let_go_of_pages(own.data(), own.size());
  EXPECT_EQ(std::count(own.begin(), own.end(), 'z'), static_cast<std::ptrdiff_t>(own.size()));
}

TEST(MappedFile, RefusesFoldersPipesAndWhatIsNotThere) {
  const TemporaryFolder folder;
  expect_error(
      ErrorCode::kNotFound, [&] { MappedFile::open(folder.file("none")); }, "none: no such file");
  expect_error(
      ErrorCode::kRead, [&] { MappedFile::open(folder.path()); }, "is a folder");
  const std::string pipe = folder.file("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  expect_error(
      ErrorCode::kRead, [&] { MappedFile::open(pipe); }, "not a regular file");
}

TEST(MappedFile, SaysThatPermissionIsMissing) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  const TemporaryFolder folder;
  const std::string path = folder.write("a", "hello");
  std::filesystem::permissions(path, std::filesystem::perms::none);
  expect_error(
      ErrorCode::kRead, [&] { MappedFile::open(path); }, "Permission denied");
}

TEST(Sha256, EqualsThePublishedTestVector) {  // FIPS 180-2, appendix B.1
  Sha256 hash;
  hash.update(std::as_bytes(std::span("a", 1)));
  hash.update(std::as_bytes(std::span("bc", 2)));
  EXPECT_EQ(hash.hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Finite, FindsOneBadElementInEveryFloatType) {
  for (const at::ScalarType type : {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16})
    for (const double bad :
         {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
      at::Tensor values = at::full({40000}, -65000.0, type);
      EXPECT_TRUE(all_finite(values)) << type;
      values[39999] = bad;
      EXPECT_FALSE(all_finite(values)) << type << " " << bad;
    }
}

}  // namespace
}  // namespace anomalyclip
