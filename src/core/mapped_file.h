#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace anomalyclip {

/// Whether all of a file is wanted in memory soon.
enum class ReadAhead { kYes, kNo };

/// A whole file in memory, page by page as it is touched. The mapping is private: writing to it
/// changes no file. A file that is cut short by somebody else while it is mapped kills the process
/// (SIGBUS); files written by this project are replaced by renaming, which leaves the mapped one
/// whole.
class MappedFile {
 public:
  /// @throws Error kNotFound, kRead (a folder, a pipe, no permission: names the path and the
  /// reason)
  static std::shared_ptr<MappedFile> open(const std::string& path,
                                          ReadAhead ahead = ReadAhead::kYes);

  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  std::span<std::byte> bytes() const { return {data_, size_}; }

 private:
  MappedFile(std::byte* data, std::size_t size) : data_(data), size_(size) {}

  std::byte* data_;
  std::size_t size_;
};

/// Gives back the memory of those pages that lie wholly within these bytes, where they are of a MappedFile that has not been
/// written to; touching them reads them from the file again, most likely from the page cache. Leaves all other memory
/// alone. Thread-safe.
void let_go_of_pages(const void* first, std::size_t bytes);

}  // namespace anomalyclip
