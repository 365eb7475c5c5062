#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace anomalyclip {

/// A file that appears whole or not at all: written beside its target, flushed to the disk, then
/// renamed over it. Without commit() the target stays as it was and nothing is left behind.
class AtomicFile {
 public:
  /// A symbolic link is followed, so that its target is replaced and the link stays.
  /// @throws Error kNotFound (no such folder), kSettings (cannot be written there: names the
  /// reason)
  explicit AtomicFile(const std::string& path);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  /// @throws Error kSettings (for example: disk full)
  void write(std::span<const std::byte> bytes);
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }

  /// Puts the file in its place. Call it once, last.
  /// @throws Error kSettings
  void commit();

  /// Where the bytes go until commit(), for libraries that write to a path of their own.
  const std::string& temporary_path() const { return temporary_; }

 private:
  [[noreturn]] void fail(const char* what) const;

  std::string target_, temporary_;
  int fd_ = -1;
};

/// Writes `content` to `path` as AtomicFile does.
void write_file_atomically(const std::string& path, std::string_view content);

}  // namespace anomalyclip
