#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace anomalyclip {

/// Filters of Pillow's resize, both widened when shrinking (antialiased).
enum class PillowFilter {
  kBilinear,  ///< masks
  kBicubic,   ///< images; a = -0.5
};

/// What is to be resized: packed 8-bit samples, whose rows may be made on demand.
struct PillowSource {
  int width = 0, height = 0;  ///< pixels, each at least 1
  int channels = 3;           ///< 1 or 3
  /// Row y, [width * channels]: called once for each y that is needed, ascending; the result is either memory of
  /// the source's own that stays valid for the whole resize, or `scratch`, which has room for a
  /// row.
  std::function<const std::uint8_t*(int y, std::uint8_t* scratch)> row;
};

/// Resizes bit by bit as Pillow 9.5 does (`Image.resize`, modes L and RGB): horizontally first,
/// rounded to 8 bits between the passes, weights in 22-bit fixed point. (Pillow 13 begins with the
/// vertical pass where that is less work, and then differs by some levels; the reference was run
/// with the older ones.) Keeps its weights for the size pairs seen last and its scratch memory for
/// each thread. Thread-safe.
/// @param out  [out_height, out_width, channels]
/// @throws Error kSettings when a size is below 1 or channels are neither 1 nor 3
void pillow_resize(const PillowSource& source, int out_width, int out_height, PillowFilter filter,
                   std::uint8_t* out);

/// Rows first..last - 1 of the same result, from the rows of the source that they are made of: threads may share a picture.
/// @param out  [last - first, out_width, channels]
/// @throws Error kSettings as above, and when 0 <= first < last <= out_height does not hold
void pillow_resize_rows(const PillowSource& source, int out_width, int out_height, int first,
                        int last, PillowFilter filter, std::uint8_t* out);

/// The same for an image in memory.
/// @param stride  bytes from one row to the next
void pillow_resize(const std::uint8_t* image, std::ptrdiff_t stride, int width, int height,
                   int channels, int out_width, int out_height, PillowFilter filter,
                   std::uint8_t* out);

}  // namespace anomalyclip
