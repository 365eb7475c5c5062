#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace anomalyclip {

/// Memory layouts of a frame, named as GStreamer names them; 8 bits a sample unless the name says
/// otherwise.
enum class PixelFormat {
  kI420,
  kNV12,
  kYUY2,
  kUYVY,
  kRGB,
  kBGR,
  kRGBx,
  kBGRx,
  kxRGB,
  kxBGR,
  kRGBA,
  kBGRA,
  kARGB,
  kABGR,
  kGRAY8,
  kGRAY16_LE,
};

/// Y'CbCr to R'G'B' coefficients; ignored for RGB and grey formats.
enum class ColorMatrix { kBT601, kBT709, kBT2020 };

/// Whether luma spans 16..235 (video) or 0..255 (JPEG); ignored for RGB formats.
/// kDefault: limited for Y'CbCr, full for grey, as GStreamer assumes where nobody says.
enum class ColorRange { kDefault, kLimited, kFull };

/// Where pixels lie.
enum class FrameMemory {
  kHost,
  kCuda,  ///< in GPU memory, allocated in the primary context of the engine's device; see ModelInfo::takes_gpu_frames
};

/// A rectangle in pixels of the frame; origin at the top left.
struct Rect {
  int x = 0, y = 0, width = 0, height = 0;
  bool operator==(const Rect&) const = default;
};

/// Pixels that somebody else owns, read only. Chroma planes of I420 and NV12 have (width + 1) / 2
/// columns and (height + 1) / 2 rows; the last pair of YUY2 and UYVY holds a padding luma when the
/// width is odd.
struct FrameView {
  PixelFormat format = PixelFormat::kRGB;
  int width = 0, height = 0;                    ///< pixels, each at least 1
  std::array<const std::uint8_t*, 3> planes{};  ///< as many as the format has; the rest null
  std::array<std::ptrdiff_t, 3> strides{};  ///< bytes from one row to the next; may exceed the row
  ColorMatrix matrix = ColorMatrix::kBT601;
  ColorRange range = ColorRange::kDefault;
  FrameMemory memory = FrameMemory::kHost;  ///< of all planes
};

/// The same, writable, on the host: what the overlay draws on.
struct MutableFrameView {
  PixelFormat format = PixelFormat::kRGB;
  int width = 0, height = 0;
  std::array<std::uint8_t*, 3> planes{};
  std::array<std::ptrdiff_t, 3> strides{};
  ColorMatrix matrix = ColorMatrix::kBT601;
  ColorRange range = ColorRange::kDefault;
};

}  // namespace anomalyclip
