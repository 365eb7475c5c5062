#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <anomalyclip/frame.h>

namespace anomalyclip {

/// A picture in memory, rows without padding.
struct Image {
  PixelFormat format = PixelFormat::kRGB;  ///< kRGB or kGRAY8
  int width = 0, height = 0;               ///< pixels
  std::vector<std::uint8_t> pixels;        ///< [height, width, 3] or [height, width]

  FrameView view() const;
  MutableFrameView writable();
};

/// Decodes PNG, JPEG, BMP, TIFF, WebP and what else OpenCV reads, into the pixels that Pillow would give: the camera's
/// orientation tag is ignored (as the reference does), alpha is dropped, 16-bit samples keep their upper byte, palettes
/// become RGB. Where Pillow treats a mode specially when resizing (palette and 1-bit images by nearest neighbour, RGBA
/// premultiplied), this library resizes the RGB or grey pixels like any other's.
/// @throws Error kNotFound (no such file), kRead (cannot be read; not an image, or cut short; samples that are neither 8
///         nor 16 bits)
Image load_image(const std::string& path);

/// A frame of any format as RGB.
/// @throws Error kSettings
Image to_rgb_image(const FrameView& frame);

}  // namespace anomalyclip
