#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace anomalyclip {

class LockedPart;

/// A part of a PackedFile.
struct PackedSection {
  std::string name;
  std::int64_t bytes;
};

/// What a file has to hold to be the one that is looked for.
struct PackedContent {
  std::string key;  ///< lines of text: everything that the numbers depend on
  std::vector<PackedSection> sections;
};

/// Numbers that were computed from another file, in a file that everybody maps who needs the same ones: in memory there is
/// one copy of them for all processes. It begins with its content in words, then come a checksum (XXH3) for each section
/// and the sections, each at a page of its own. A file that somebody cuts short while it is mapped kills the process
/// (SIGBUS); this class replaces files by renaming, which leaves mapped ones whole.
class PackedFile {
 public:
  /// Maps a file and reads all of it once, by several threads, to compare the checksums.
  /// @param fault  what is wrong with the file; empty where there is none
  /// @returns null where the file is missing, or is not whole, or holds something else
  static std::unique_ptr<PackedFile> open(const std::string& path, const PackedContent& content,
                                          std::string* fault);

  /// A new file, to be filled and published. Its room on the disk is taken at once, so that no write into the mapping
  /// can fail for the lack of it (which would be a SIGBUS).
  /// @throws Error kSettings (no room: how much is needed and how much is free)
  static std::unique_ptr<PackedFile> create(std::unique_ptr<LockedPart> part,
                                            const PackedContent& content);
  PackedFile(const PackedFile&) = delete;
  PackedFile& operator=(const PackedFile&) = delete;
  /// What was not published is removed; sections that somebody holds stay as they are.
  ~PackedFile();

  /// Whether the sections hold their numbers already: they may be read only.
  bool filled() const { return part_ == nullptr; }

  /// The bytes of a section, [bytes] uint8, at a page's begin; they keep the mapping alive.
  at::Tensor section(const std::string& name) const;

  /// Writes the checksums, makes the sections unwritable and puts the file in its place. Nothing is flushed: what a power
  /// cut makes of the file, the checksums tell.
  /// @throws Error kSettings; the sections stay usable
  void publish(const std::string& path);

 private:
  struct Layout;
  struct Mapping;

  PackedFile(const PackedContent& content, std::shared_ptr<Mapping> mapping,
             std::unique_ptr<LockedPart> part);

  const std::unique_ptr<const Layout> layout_;
  const std::shared_ptr<Mapping> mapping_;
  std::unique_ptr<LockedPart> part_;  // null once filled
};

}  // namespace anomalyclip
