#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>

struct zip;

namespace anomalyclip {

/// Entries of a zip archive that lies in memory; sizes and check sums are verified as they are
/// read.
class ZipReader {
 public:
  /// @param bytes   must outlive the reader
  /// @param source  file name, for messages
  /// @throws Error kRead
  ZipReader(std::span<const std::byte> bytes, const std::string& source);
  ~ZipReader();
  ZipReader(const ZipReader&) = delete;
  ZipReader& operator=(const ZipReader&) = delete;

  const std::set<std::string>& names() const { return names_; }

  /// Bytes of the entry when unpacked.
  /// @throws Error kRead (no such entry, a size that its packed bytes cannot have)
  std::uint64_t size(const std::string& name) const;

  /// Unpacks the entry, which must be exactly as large as `out`.
  /// @throws Error kRead (for example: a check sum is wrong)
  void read(const std::string& name, std::span<std::byte> out) const;

  /// The same as text.
  /// @param limit  bytes; a larger entry is refused
  std::string read(const std::string& name, std::uint64_t limit) const;

 private:
  [[noreturn]] void fail(const std::string& fault) const;

  zip* archive_ = nullptr;
  std::uint64_t archive_size_;
  std::string source_;
  std::set<std::string> names_;
};

}  // namespace anomalyclip
