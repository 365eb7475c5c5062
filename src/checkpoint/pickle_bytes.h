#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <anomalyclip/error.h>

namespace anomalyclip::pickle {

/// Text of a file as it may be shown on a terminal: ASCII, and not too long.
inline std::string printable(std::string_view text) {
  std::string result;
  for (const char c : text.substr(0, 200)) result += c >= ' ' && c <= '~' ? c : '?';
  return result;
}

/// A pickle as numbers and text.
/// @throws Error kRead (cut short: names the byte)
class ByteReader {
 public:
  ByteReader(std::span<const std::byte> bytes, const std::string& source)
      : bytes_(bytes), source_(source) {}

  [[noreturn]] void fail(const std::string& fault) const {
    throw Error(ErrorCode::kRead, source_ + ": not a checkpoint that can be read: its pickle " +
                                      fault + " (byte " + std::to_string(position_) + ")");
  }

  unsigned char byte() { return static_cast<unsigned char>(take(1)[0]); }

  std::uint64_t number(std::size_t width) {
    std::uint64_t value = 0;
    const auto part = take(width);
    for (std::size_t i = 0; i < width; ++i) value |= std::uint64_t(part[i]) << (8 * i);
    return value;
  }

  std::string text(std::uint64_t length) {
    const auto part = take(length);
    return {reinterpret_cast<const char*>(part.data()), part.size()};
  }

  std::string line() {
    std::string result;
    for (char c = char(byte()); c != '\n'; c = char(byte())) result += c;
    return result;
  }

  std::size_t position() const { return position_; }
  const std::string& source() const { return source_; }

 private:
  std::span<const std::byte> take(std::uint64_t count) {
    if (count > bytes_.size() - position_) fail("is cut short");
    const auto part = bytes_.subspan(position_, count);
    position_ += count;
    return part;
  }

  std::span<const std::byte> bytes_;
  const std::string& source_;
  std::size_t position_ = 0;
};

}  // namespace anomalyclip::pickle
