#include "core/locked_part.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include <anomalyclip/error.h>

namespace anomalyclip {
namespace {

using Clock = std::chrono::steady_clock;

/// There is no lock with a time limit, and a signal would be the process' business.
bool lock(int fd, Clock::time_point until) {
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return false;
    if (Clock::now() >= until) {
      errno = EWOULDBLOCK;
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace

LockedPart::LockedPart(std::string path, std::chrono::milliseconds patience)
    : path_(std::move(path)) {
  const auto until = Clock::now() + patience;
  for (;;) {
    open();
    if (!lock(fd_, until)) {
      const int error = errno;
      if (error != EWOULDBLOCK) ::unlink(path_.c_str());  // a file system without locks
      ::close(std::exchange(fd_, -1));
      fail(error == EWOULDBLOCK ? "another process has not come to its end"
                                : std::string("cannot be locked: ") + std::strerror(error));
    }
    // Whoever held it before has renamed or removed it: what we have locked may be the finished file, which is not ours.
    if (is_named()) return;
    ::close(std::exchange(fd_, -1));
  }
}

LockedPart::~LockedPart() {
  if (fd_ < 0) return;
  ::unlink(path_.c_str());
  give_up();
}

void LockedPart::rename_to(const std::string& target) {
  if (std::rename(path_.c_str(), target.c_str()) != 0)
    fail("cannot be renamed to " + target + ": " + std::strerror(errno));
  give_up();
}

/// Closing the file alone would not do: a mapping of it keeps the lock.
void LockedPart::give_up() {
  ::flock(fd_, LOCK_UN);
  ::close(std::exchange(fd_, -1));
}

void LockedPart::open() {
  fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  struct stat status {};
  if (fd_ < 0 || ::fstat(fd_, &status) != 0)
    fail(std::string("cannot be written: ") + std::strerror(errno));
  // A second name, or a device, would have something overwritten that is somebody else's.
  if (S_ISREG(status.st_mode) && status.st_nlink <= 1) return;
  ::close(std::exchange(fd_, -1));
  fail("is no regular file, or has other names too");
}

bool LockedPart::is_named() const {
  struct stat ours {};
  struct stat named {};
  return ::fstat(fd_, &ours) == 0 && ::lstat(path_.c_str(), &named) == 0 &&
         ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

void LockedPart::fail(const std::string& what) const {
  throw Error(ErrorCode::kSettings, path_ + ": " + what);
}

}  // namespace anomalyclip
