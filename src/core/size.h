#pragma once

#include <cstdint>

namespace anomalyclip {

/// Of an image in pixels, or of a grid in patches.
struct Size {
  std::int64_t width = 0, height = 0;

  std::int64_t area() const { return width * height; }
  bool operator==(const Size&) const = default;
};

}  // namespace anomalyclip
