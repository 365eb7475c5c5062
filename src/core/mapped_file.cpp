#include "core/mapped_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
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

[[noreturn]] void fail(const std::string& path, int error) {
  if (error == ENOENT || error == ENOTDIR)
    throw Error(ErrorCode::kNotFound, path + ": no such file");
  throw Error(ErrorCode::kRead, path + ": cannot be read: " + std::strerror(error));
}

}  // namespace

std::shared_ptr<MappedFile> MappedFile::open(const std::string& path) {
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
  ::madvise(data, size,
            MADV_WILLNEED);  // read ahead while the caller parses; a hint, so it may fail
  return std::shared_ptr<MappedFile>(new MappedFile(static_cast<std::byte*>(data), size));
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

}  // namespace anomalyclip
