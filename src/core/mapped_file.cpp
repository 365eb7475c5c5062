#include "core/mapped_file.h"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <iterator>
#include <map>
#include <mutex>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <anomalyclip/error.h>

namespace anomalyclip {
namespace {

struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

/// Where files are mapped.
class Mappings {
 public:
  static Mappings& of_this_process() {
    static Mappings mappings;
    return mappings;
  }

  void add(std::uintptr_t begin, std::size_t size) {
    const std::lock_guard lock(mutex_);
    ends_[begin] = begin + size;
  }

  void unmap(std::byte* data, std::size_t size) {
    const std::lock_guard lock(mutex_);
    ends_.erase(reinterpret_cast<std::uintptr_t>(data));
    ::munmap(data, size);
  }

  /// Whole pages of [begin, end), if one file is mapped there.
  void let_go(std::uintptr_t begin, std::uintptr_t end) {
    const std::uintptr_t page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    begin = (begin + page - 1) / page * page;
    end = end / page * page;
    const std::lock_guard lock(mutex_);
    const auto after = ends_.upper_bound(begin);
    if (begin >= end || after == ends_.begin() || std::prev(after)->second < end) return;
    ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }

 private:
  std::mutex mutex_;
  std::map<std::uintptr_t, std::uintptr_t> ends_;  // by where they begin
};

[[noreturn]] void fail(const std::string& path, int error) {
  if (error == ENOENT || error == ENOTDIR)
    throw Error(ErrorCode::kNotFound, path + ": no such file");
  throw Error(ErrorCode::kRead, path + ": cannot be read: " + std::strerror(error));
}

}  // namespace

std::shared_ptr<MappedFile> MappedFile::open(const std::string& path, ReadAhead ahead) {
  // O_NONBLOCK: a pipe without a writer is refused below instead of waiting for one here.
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat status {};
  if (file.fd < 0 || ::fstat(file.fd, &status) != 0) fail(path, errno);
  if (S_ISDIR(status.st_mode))
    throw Error(ErrorCode::kRead, path + ": is a folder, a file was expected");
  if (!S_ISREG(status.st_mode))
    throw Error(ErrorCode::kRead, path + ": is not a regular file, and only those can be mapped");

  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) return std::shared_ptr<MappedFile>(new MappedFile(nullptr, 0));
  void* data =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, file.fd, 0);
  if (data == MAP_FAILED) fail(path, errno);
  if (ahead == ReadAhead::kYes)  // while the caller parses; a hint, so it may fail
    ::madvise(data, size, MADV_WILLNEED);
  Mappings::of_this_process().add(reinterpret_cast<std::uintptr_t>(data), size);
  return std::shared_ptr<MappedFile>(new MappedFile(static_cast<std::byte*>(data), size));
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) Mappings::of_this_process().unmap(data_, size_);
}

void let_go_of_pages(const void* first, std::size_t bytes) {
  const auto begin = reinterpret_cast<std::uintptr_t>(first);
  Mappings::of_this_process().let_go(begin, begin + bytes);
}

}  // namespace anomalyclip
