#pragma once

#include <memory>
#include <string>

#include "core/packed_file.h"

namespace anomalyclip {

/// A folder of packed files, which any number of processes and threads use at once: the first one that needs a file fills
/// it, those who come meanwhile wait for it, and all map the same. Files that nobody has used for 30 days are removed, and
/// what a process that died left of one. Other files in the folder are let alone.
class PackedFolder {
 public:
  /// @param path  made, readable by this user alone, where something is to be written and it is missing
  explicit PackedFolder(std::string path);

  /// The file that holds this: whole, or new and to be filled and published by the caller, who holds up others until then.
  /// @param fault  why a file that was there is not used, with its path; empty otherwise
  /// @throws Error kSettings (no such folder can be made, it cannot be written, another process fills the file and does not
  ///         come to an end, no room: names the path and the reason)
  std::unique_ptr<PackedFile> acquire(const PackedContent& content, std::string* fault) const;

  /// Puts a filled file where acquire() finds it.
  /// @throws Error kSettings
  void publish(PackedFile& file, const PackedContent& content) const;

  /// Where the file of this content is.
  std::string path_of(const PackedContent& content) const;

 private:
  void make() const;
  void sweep() const;

  std::string path_;
};

}  // namespace anomalyclip
