#include "core/atomic_file.h"

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

#include <anomalyclip/error.h>

namespace anomalyclip {
namespace {

namespace fs = std::filesystem;

std::string follow_link(const std::string& path) {
  std::error_code ignored;
  if (!fs::is_symlink(path, ignored)) return path;
  const fs::path target = fs::weakly_canonical(path, ignored);
  return ignored ? path : target.string();
}

// Beside the target, since a rename does not cross file systems. A crash may leave such a file: the
// name must not collide with it when the process id comes round again, hence O_EXCL and a second
// try.
int create_beside(const std::string& target, std::string* name) {
  static std::atomic<unsigned> counter{0};
  for (int attempt = 0; attempt < 100; ++attempt) {
    *name = target + "." + std::to_string(::getpid()) + "-" + std::to_string(counter++) + ".part";
    const int fd = ::open(name->c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0 || errno != EEXIST) return fd;
  }
  return -1;
}

}  // namespace

AtomicFile::AtomicFile(const std::string& path) : target_(follow_link(path)) {
  std::error_code ignored;
  const fs::path folder = fs::path(target_).parent_path();
  if (!folder.empty() && !fs::is_directory(folder, ignored))
    throw Error(ErrorCode::kNotFound,
                path + ": cannot be written: there is no folder " + folder.string());
  if (fs::exists(target_, ignored) && !fs::is_regular_file(target_, ignored))
    throw Error(ErrorCode::kSettings,
                path + ": cannot be written: it exists and is not a regular file");
  fd_ = create_beside(target_, &temporary_);
  if (fd_ < 0) fail("cannot be written");
}

AtomicFile::~AtomicFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail("writing failed");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void AtomicFile::commit() {
  if (::fsync(fd_) != 0) fail("writing failed");
  if (std::rename(temporary_.c_str(), target_.c_str()) != 0) fail("cannot be replaced");
  ::close(fd_);
  fd_ = -1;
  // So that the new name survives a power cut too. Some file systems cannot; the file is whole in
  // any case.
  const fs::path folder = fs::path(target_).parent_path();
  const int folder_fd =
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_fd < 0) return;
  ::fsync(folder_fd);
  ::close(folder_fd);
}

void AtomicFile::fail(const char* what) const {
  throw Error(ErrorCode::kSettings, target_ + ": " + what + ": " + std::strerror(errno));
}

void write_file_atomically(const std::string& path, std::string_view content) {
  AtomicFile file(path);
  file.write(content);
  file.commit();
}

}  // namespace anomalyclip
