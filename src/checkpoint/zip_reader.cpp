#include "checkpoint/zip_reader.h"

#include <zip.h>

#include <anomalyclip/error.h>

namespace anomalyclip {
namespace {

constexpr std::uint64_t kMaxPacking = 1032;  // deflate's best, on zeros

struct CloseEntry {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

std::string message_of(zip_error_t* error) {
  std::string text = zip_error_strerror(error);
  zip_error_fini(error);
  return text;
}

}  // namespace

ZipReader::ZipReader(std::span<const std::byte> bytes, const std::string& source)
    : archive_size_(bytes.size()), source_(source) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* buffer = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  if (buffer == nullptr) fail(message_of(&error));
  archive_ = zip_open_from_source(buffer, ZIP_RDONLY, &error);
  if (archive_ == nullptr) {
    zip_source_free(buffer);
    fail(message_of(&error) + " (truncated?)");
  }
  const zip_int64_t count = zip_get_num_entries(archive_, 0);
  for (zip_int64_t i = 0; i < count; ++i)
    if (const char* name = zip_get_name(archive_, zip_uint64_t(i), 0)) names_.insert(name);
}

ZipReader::~ZipReader() {
  if (archive_ != nullptr) zip_discard(archive_);
}

std::uint64_t ZipReader::size(const std::string& name) const {
  zip_stat_t status;
  zip_stat_init(&status);
  if (zip_stat(archive_, name.c_str(), 0, &status) != 0 || (status.valid & ZIP_STAT_SIZE) == 0 ||
      (status.valid & ZIP_STAT_COMP_SIZE) == 0)
    fail("it has no entry \"" + name + "\"");
  // Checked before anything of that size is allocated.
  if (status.comp_size > archive_size_ || status.size / kMaxPacking > status.comp_size)
    fail("its entry \"" + name + "\" claims " + std::to_string(status.size) +
         " bytes, more than the file can hold");
  return status.size;
}

void ZipReader::read(const std::string& name, std::span<std::byte> out) const {
  const std::uint64_t expected = size(name);
  if (expected != out.size())
    fail("its entry \"" + name + "\" has " + std::to_string(expected) + " bytes, and " +
         std::to_string(out.size()) + " were expected");
  const std::unique_ptr<zip_file_t, CloseEntry> entry(zip_fopen(archive_, name.c_str(), 0));
  if (!entry) fail("entry \"" + name + "\": " + zip_strerror(archive_));
  for (std::size_t done = 0; done < out.size();) {
    const zip_int64_t count = zip_fread(entry.get(), out.data() + done, out.size() - done);
    if (count <= 0) fail("entry \"" + name + "\": " + zip_file_strerror(entry.get()));
    done += static_cast<std::size_t>(count);
  }
  std::byte beyond;  // the check sum is compared when the end is reached
  if (zip_fread(entry.get(), &beyond, 1) != 0)
    fail("entry \"" + name + "\": " + zip_file_strerror(entry.get()));
}

std::string ZipReader::read(const std::string& name, std::uint64_t limit) const {
  const std::uint64_t length = size(name);
  if (length > limit)
    fail("its entry \"" + name + "\" has " + std::to_string(length) +
         " bytes, more than any checkpoint needs");
  std::string text(length, '\0');
  read(name, std::as_writable_bytes(std::span(text)));
  return text;
}

void ZipReader::fail(const std::string& fault) const {
  throw Error(ErrorCode::kRead, source_ + ": not a readable PyTorch archive: " + fault);
}

}  // namespace anomalyclip
