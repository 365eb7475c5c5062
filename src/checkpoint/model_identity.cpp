#include "checkpoint/model_identity.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <sys/stat.h>

#include "core/mapped_file.h"
#include "core/sha256.h"

namespace anomalyclip {
namespace {

/// Of the length and the text behind it, as far as the file goes: whether it is well-formed is judged by who reads it.
std::string digest_of_header(const std::string& path) {
  const auto file = MappedFile::open(path, ReadAhead::kNo);
  const std::span<const std::byte> bytes = file->bytes();
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), std::min(bytes.size(), sizeof length));
  const std::size_t rest = bytes.size() - std::min(bytes.size(), sizeof length);
  Sha256 hash;
  hash.update(bytes.first(bytes.size() - rest + std::min<std::uint64_t>(length, rest)));
  return hash.hex();
}

std::string nanoseconds(const timespec& time) {
  return std::to_string(time.tv_sec) + "." + std::to_string(time.tv_nsec);
}

}  // namespace

std::string model_identity(const std::string& path) {
  const std::string header = digest_of_header(path);
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(path, error);
  struct stat status {};
  ::stat(path.c_str(), &status);  // if the file has gone meanwhile, it is none that anybody knows
  std::ostringstream text;
  text << "model " << real.string() << "\nsize " << status.st_size << "\ninode " << status.st_ino
       << "\nchanged " << nanoseconds(status.st_mtim) << " " << nanoseconds(status.st_ctim)
       << "\nheader " << header;
  return text.str();
}

}  // namespace anomalyclip
