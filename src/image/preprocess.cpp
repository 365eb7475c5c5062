#include "image/preprocess.h"

#include <algorithm>
#include <array>
#include <vector>

#include "image/clip_statistics.h"
#include "image/pillow_resize.h"
#include "image/to_rgb.h"

namespace anomalyclip {
namespace {

using NormalisedBytes = std::array<std::array<float, 256>, 3>;

/// Every possible pixel, in the reference's order of float32 operations.
const NormalisedBytes& normalised_bytes() {
  static const auto table = [] {
    NormalisedBytes values;
    for (int c = 0; c < 3; ++c)
      for (int i = 0; i < 256; ++i)
        values[c][i] = (static_cast<float>(i) / 255.0f - kClipMean[c]) / kClipDeviation[c];
    return values;
  }();
  return table;
}

/// One channel where the frame is grey. Returns the channels.
int resize(const FrameView& frame, const Rect& roi, const Size& size, std::uint8_t* out) {
  RowConverter rows(frame, roi);
  const PillowSource source{roi.width, roi.height, rows.channels(),
                            [&rows](int y, std::uint8_t* scratch) { return rows.row(y, scratch); }};
  pillow_resize(source, static_cast<int>(size.width), static_cast<int>(size.height),
                PillowFilter::kBicubic, out);
  return rows.channels();
}

}  // namespace

void preprocess_pixels(const FrameView& frame, const Rect& roi, int size, std::uint8_t* out) {
  preprocess_pixels(frame, roi, Size{size, size}, out);
}

void preprocess_pixels(const FrameView& frame, const Rect& roi, const Size& size,
                       std::uint8_t* out) {
  if (resize(frame, roi, size, out) == 3) return;
  // In place, from the back: a grey value moves to where nothing unread is.
  for (std::ptrdiff_t i = size.area() - 1; i >= 0; --i)
    out[3 * i] = out[3 * i + 1] = out[3 * i + 2] = out[i];
}

void preprocess(const FrameView& frame, const Rect& roi, int size, float* out) {
  preprocess(frame, roi, Size{size, size}, out);
}

void preprocess(const FrameView& frame, const Rect& roi, const Size& size, float* out) {
  const std::ptrdiff_t pixels = std::min(size.width, size.height) < 1 ? 0 : size.area();
  std::vector<std::uint8_t> resized(3 * pixels);
  const int channels = resize(frame, roi, size, resized.data());
  for (int c = 0; c < 3; ++c) {
    const auto& table = normalised_bytes()[c];
    const std::uint8_t* in = resized.data() + (channels == 3 ? c : 0);
    for (std::ptrdiff_t i = 0; i < pixels; ++i) *out++ = table[in[i * channels]];
  }
}

}  // namespace anomalyclip
