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

/// Rows first..last - 1, of one channel where the frame is grey. Returns the channels.
int resize(const FrameView& frame, const Rect& roi, const Size& size, int first, int last,
           std::uint8_t* out) {
  RowConverter rows(frame, roi);
  const PillowSource source{roi.width, roi.height, rows.channels(),
                            [&rows](int y, std::uint8_t* scratch) { return rows.row(y, scratch); }};
  pillow_resize_rows(source, static_cast<int>(size.width), static_cast<int>(size.height), first,
                     last, PillowFilter::kBicubic, out);
  return rows.channels();
}

}  // namespace

void preprocess_pixels(const FrameView& frame, const Rect& roi, int size, std::uint8_t* out) {
  preprocess_pixels(frame, roi, Size{size, size}, out);
}

void preprocess_pixels(const FrameView& frame, const Rect& roi, const Size& size,
                       std::uint8_t* out) {
  if (resize(frame, roi, size, 0, static_cast<int>(size.height), out) == 3) return;
  // In place, from the back: a grey value moves to where nothing unread is.
  for (std::ptrdiff_t i = size.area() - 1; i >= 0; --i)
    out[3 * i] = out[3 * i + 1] = out[3 * i + 2] = out[i];
}

void preprocess(const FrameView& frame, const Rect& roi, int size, float* out) {
  preprocess(frame, roi, Size{size, size}, out);
}

void preprocess(const FrameView& frame, const Rect& roi, const Size& size, float* out) {
  preprocess_rows(frame, roi, size, 0, static_cast<int>(size.height), out);
}

void preprocess_rows(const FrameView& frame, const Rect& roi, const Size& size, int first, int last,
                     float* out) {
  const bool sensible = size.width > 0 && last > first;  // otherwise resize() says what is wrong
  const std::ptrdiff_t pixels = sensible ? (last - first) * size.width : 0;
  thread_local std::vector<std::uint8_t> resized;
  resized.resize(static_cast<std::size_t>(3 * pixels));
  const int channels = resize(frame, roi, size, first, last, resized.data());
  for (int c = 0; c < 3; ++c) {
    const auto& table = normalised_bytes()[c];
    const std::uint8_t* in = resized.data() + (channels == 3 ? c : 0);
    float* to = out + (c * size.height + first) * size.width;
    for (std::ptrdiff_t i = 0; i < pixels; ++i) to[i] = table[in[i * channels]];
  }
}

}  // namespace anomalyclip
