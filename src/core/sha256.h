#pragma once

#include <cstddef>
#include <nettle/sha2.h>
#include <span>
#include <string>

namespace anomalyclip {

/// SHA-256 of bytes that come in pieces.
class Sha256 {
 public:
  Sha256() { sha256_init(&state_); }
  void update(std::span<const std::byte> bytes);
  /// Lower-case hex, 64 characters; starts afresh.
  std::string hex();

 private:
  sha256_ctx state_;
};

}  // namespace anomalyclip
