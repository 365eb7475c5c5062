#include "core/packed_folder.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <span>
#include <sys/stat.h>

#include <anomalyclip/error.h>

#include "core/locked_part.h"
#include "core/sha256.h"

namespace anomalyclip {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto kPatience = 30s;  // many times what a large model takes to pack
constexpr auto kUnused = 30 * 24h, kLeft = 1h;
constexpr const char *kPrefix = "anomalyclip-", *kSuffix = ".packed", *kPart = ".packed.part";

[[noreturn]] void fail(const std::string& path, const std::string& what) {
  throw Error(ErrorCode::kSettings, path + ": " + what);
}

/// Whether nobody has touched a file of ours with this ending for so long.
bool is_old(const fs::directory_entry& entry, const char* suffix,
            fs::file_time_type::duration age) {
  std::error_code error;
  const std::string name = entry.path().filename().string();
  if (!name.starts_with(kPrefix) || !name.ends_with(suffix)) return false;
  const auto touched = entry.last_write_time(error);
  return !error && touched < fs::file_time_type::clock::now() - age;
}

/// Removes what a process has left, unless it is not dead.
void remove_left(const std::string& path) try { LockedPart(path, 0ms); } catch (const Error&) {
}

}  // namespace

PackedFolder::PackedFolder(std::string path) : path_(fs::path(std::move(path)).lexically_normal()) {
  if (path_.size() > 1 && path_.ends_with('/')) path_.pop_back();
}

std::string PackedFolder::path_of(const PackedContent& content) const {
  Sha256 hash;
  hash.update(std::as_bytes(std::span(content.key)));
  return path_ + "/" + kPrefix + hash.hex().substr(0, 32) + kSuffix;
}

std::unique_ptr<PackedFile> PackedFolder::acquire(const PackedContent& content,
                                                  std::string* fault) const {
  const std::string path = path_of(content);
  auto file = PackedFile::open(path, content, fault);
  if (!file) {
    make();
    auto part = std::make_unique<LockedPart>(path + ".part", kPatience);
    // Others may have filled it while we waited.
    file = PackedFile::open(path, content, fault);
    if (!file) file = PackedFile::create(std::move(part), content);
  }
  if (!fault->empty()) *fault = path + " is not used, and is written anew: " + *fault;
  sweep();
  return file;
}

void PackedFolder::publish(PackedFile& file, const PackedContent& content) const {
  file.publish(path_of(content));
}

void PackedFolder::make() const {
  std::error_code error;
  if (fs::is_directory(path_, error)) return;
  if (fs::exists(path_, error)) fail(path_, "is a file, and a folder was expected");
  fs::create_directories(fs::path(path_).parent_path(), error);
  if (::mkdir(path_.c_str(), 0700) != 0 && errno != EEXIST)
    fail(path_, std::string("the folder cannot be made: ") + std::strerror(errno));
}

void PackedFolder::sweep() const {
  std::error_code error;
  for (fs::directory_iterator entry(path_, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (is_old(*entry, kSuffix, kUnused)) fs::remove(entry->path(), ignored);
    if (is_old(*entry, kPart, kLeft)) remove_left(entry->path().string());
  }
}

}  // namespace anomalyclip
