#include "core/packed_file.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <thread>
#include <unistd.h>
#include <xxhash.h>

#include <ATen/ops/from_blob.h>

#include <anomalyclip/error.h>

#include "core/locked_part.h"

namespace anomalyclip {
namespace {

constexpr std::size_t kPage = 4096;  // of every x86-64

std::size_t rounded_up(std::size_t bytes, std::size_t step) {
  return (bytes + step - 1) / step * step;
}

std::string mebibytes(std::size_t bytes) {
  return std::to_string(bytes >> 20) + " MiB";
}

[[noreturn]] void fail(const std::string& what, int error) {
  throw Error(ErrorCode::kSettings, what + ": " + std::strerror(error));
}

struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

void require_free_space(const LockedPart& part, std::size_t bytes) {
  struct statvfs disk {};
  if (::fstatvfs(part.fd(), &disk) != 0)
    fail(part.path() + ": the free space of its disk is not known", errno);
  const std::size_t free = std::size_t{disk.f_bavail} * disk.f_frsize;
  if (free < bytes)
    throw Error(ErrorCode::kSettings, part.path() + ": the packed weights take " +
                                          mebibytes(bytes) + ", and the disk has " +
                                          mebibytes(free) + " left");
}

/// What keeps it from being mapped; empty: nothing.
std::string fault_of(int fd, std::size_t size) {
  struct stat status {};
  if (fd < 0 || ::fstat(fd, &status) != 0) return std::strerror(errno);
  if (!S_ISREG(status.st_mode)) return "it is not a regular file";
  if (static_cast<std::size_t>(status.st_size) == size) return "";
  return "it has " + std::to_string(status.st_size) + " bytes, and " + std::to_string(size) +
         " are expected";
}

}  // namespace

/// What lies where.
struct PackedFile::Layout {
  struct Place {
    std::size_t begin, bytes;
  };

  explicit Layout(const PackedContent& content) : text("anomalyclip packed weights\n") {
    text += content.key + "\n";
    for (const PackedSection& section : content.sections)
      text += "section " + section.name + " " + std::to_string(section.bytes) + "\n";
    text += '\0';  // a text that goes on is another one
    checksums = rounded_up(text.size(), sizeof(std::uint64_t));
    size = checksums + content.sections.size() * sizeof(std::uint64_t);
    for (const PackedSection& section : content.sections) {
      size = rounded_up(size, kPage);
      const auto bytes = static_cast<std::size_t>(section.bytes);
      index[section.name] = places.size();
      places.push_back({size, bytes});
      size += bytes;
    }
  }

  std::string text;       ///< what the file begins with
  std::size_t checksums;  ///< where they begin: one for each place
  std::vector<Place> places;
  std::map<std::string, std::size_t> index;  ///< of a section's place
  std::size_t size;                          ///< of the whole file
};

/// The whole file in memory.
struct PackedFile::Mapping {
  Mapping(int fd, std::size_t size_, bool writable) : size(size_) {
    void* begin = ::mmap(nullptr, size, PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED, fd, 0);
    if (begin == MAP_FAILED) fail("the packed weights cannot be mapped", errno);
    data = static_cast<std::byte*>(begin);
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() { ::munmap(data, size); }

  std::vector<std::uint64_t> checksums_of(const Layout& layout) const;
  std::string fault(const Layout& layout) const;

  std::byte* data;
  std::size_t size;
};

/// By own threads, which read memory at its full speed: libtorch's may be busy with frames.
std::vector<std::uint64_t> PackedFile::Mapping::checksums_of(const Layout& layout) const {
  std::vector<std::uint64_t> sums(layout.places.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < sums.size(); i = next++)
      sums[i] = XXH3_64bits(data + layout.places[i].begin, layout.places[i].bytes);
  };
  std::vector<std::jthread> others;
  for (unsigned i = 1; i < std::clamp(std::thread::hardware_concurrency(), 1u, 8u); ++i)
    others.emplace_back(work);
  work();
  others.clear();  // waits for them
  return sums;
}

/// What is wrong with a file of the right size; empty: nothing.
std::string PackedFile::Mapping::fault(const Layout& layout) const {
  if (std::memcmp(data, layout.text.data(), layout.text.size()) != 0)
    return "it does not begin with the words of this model, precision and version";
  const std::vector<std::uint64_t> sums = checksums_of(layout);
  for (const auto& [name, place] : layout.index)
    if (std::memcmp(data + layout.checksums + place * sizeof sums[0], &sums[place],
                    sizeof sums[0]) != 0)
      return "the checksum of its section " + name + " is wrong";
  return "";
}

PackedFile::PackedFile(const PackedContent& content, std::shared_ptr<Mapping> mapping,
                       std::unique_ptr<LockedPart> part)
    : layout_(std::make_unique<Layout>(content)),
      mapping_(std::move(mapping)),
      part_(std::move(part)) {}

PackedFile::~PackedFile() = default;

std::unique_ptr<PackedFile> PackedFile::open(const std::string& path, const PackedContent& content,
                                             std::string* fault) {
  fault->clear();
  const Layout layout(content);
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.fd < 0 && (errno == ENOENT || errno == ENOTDIR)) return nullptr;
  *fault = fault_of(file.fd, layout.size);
  if (!fault->empty()) return nullptr;
  auto mapping = std::make_shared<Mapping>(file.fd, layout.size, /*writable=*/false);
  ::madvise(mapping->data, mapping->size, MADV_WILLNEED);
  *fault = mapping->fault(layout);
  if (!fault->empty()) return nullptr;
  ::futimens(file.fd, nullptr);  // it is in use; a user whose file it is not cannot say so
  return std::unique_ptr<PackedFile>(new PackedFile(content, std::move(mapping), nullptr));
}

std::unique_ptr<PackedFile> PackedFile::create(std::unique_ptr<LockedPart> part,
                                               const PackedContent& content) {
  const Layout layout(content);
  const int fd = part->fd();
  if (::ftruncate(fd, 0) != 0) fail(part->path() + ": cannot be emptied", errno);
  require_free_space(*part, layout.size);
  if (const int error = ::posix_fallocate(fd, 0, static_cast<off_t>(layout.size)); error != 0)
    fail(part->path() + ": the packed weights take " + mebibytes(layout.size), error);
  auto mapping = std::make_shared<Mapping>(fd, layout.size, /*writable=*/true);
  return std::unique_ptr<PackedFile>(new PackedFile(content, std::move(mapping), std::move(part)));
}

at::Tensor PackedFile::section(const std::string& name) const {
  const Layout::Place& place = layout_->places[layout_->index.at(name)];
  return at::from_blob(
      mapping_->data + place.begin, {static_cast<std::int64_t>(place.bytes)},
      [mapping = mapping_](void*) {}, at::TensorOptions().dtype(at::kByte));
}

void PackedFile::publish(const std::string& path) {
  const std::vector<std::uint64_t> sums = mapping_->checksums_of(*layout_);
  std::memcpy(mapping_->data + layout_->checksums, sums.data(), sums.size() * sizeof sums[0]);
  std::memcpy(mapping_->data, layout_->text.data(), layout_->text.size());
  if (::mprotect(mapping_->data, mapping_->size, PROT_READ) != 0)
    fail("the packed weights cannot be protected", errno);
  part_->rename_to(path);
  part_.reset();
}

}  // namespace anomalyclip
