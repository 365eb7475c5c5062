#pragma once

#include <chrono>
#include <string>

namespace anomalyclip {

/// A file on its way to another name, held by one thread of one process at a time: whoever else wants it waits. The lock is
/// the kernel's, so it ends with the process that holds it, and what such a process leaves is the next one's to overwrite:
/// there is never more than one for each name.
class LockedPart {
 public:
  /// Makes the file, or takes over what is there; its content is what the last one left.
  /// @param patience  how long to wait for others
  /// @throws Error kSettings (cannot be made, is not a plain file of its own, locked for longer: names the path and the reason)
  LockedPart(std::string path, std::chrono::milliseconds patience);
  LockedPart(const LockedPart&) = delete;
  LockedPart& operator=(const LockedPart&) = delete;

  /// Removes the file unless it has been renamed.
  ~LockedPart();

  const std::string& path() const { return path_; }
  int fd() const { return fd_; }

  /// Puts the file in its place and gives up the lock.
  /// @throws Error kSettings
  void rename_to(const std::string& target);

 private:
  void open();
  void give_up();
  bool is_named() const;
  [[noreturn]] void fail(const std::string& what) const;

  std::string path_;
  int fd_ = -1;
};

}  // namespace anomalyclip
