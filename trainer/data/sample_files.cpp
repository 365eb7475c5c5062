#include "data/sample_files.h"

#include <algorithm>

#include "image/pillow_resize.h"

namespace anomalyclip::trainer {
namespace {

int channels_of(const Image& image) {
  return image.format == PixelFormat::kGRAY8 ? 1 : 3;
}

/// The rows of a part. An odd row in the middle belongs to the lower half.
Image cut(Image image, Part part) {
  if (part == Part::kWhole) return image;
  const int top = part == Part::kTopHalf ? 0 : image.height / 2;
  const int bottom = part == Part::kTopHalf ? image.height / 2 : image.height;
  const std::ptrdiff_t row = std::ptrdiff_t{image.width} * channels_of(image);
  const auto begin = image.pixels.begin();
  return {image.format, image.width, bottom - top, {begin + row * top, begin + row * bottom}};
}

/// Brightness as Pillow's mode L has it, in 16-bit fixed point.
int brightness(const std::uint8_t* rgb) {
  return (rgb[0] * 19595 + rgb[1] * 38470 + rgb[2] * 7471 + 0x8000) >> 16;
}

/// 255 where anything is drawn, 0 elsewhere.
std::vector<std::uint8_t> binarised(const Image& image) {
  std::vector<std::uint8_t> values(static_cast<std::size_t>(image.width) * image.height);
  const int channels = channels_of(image);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint8_t* pixel = &image.pixels[i * channels];
    values[i] = (channels == 1 ? pixel[0] : brightness(pixel)) > 0 ? 255 : 0;
  }
  return values;
}

Mask empty_mask(int size) {
  Mask mask;
  mask.size = size;
  mask.values.resize(static_cast<std::size_t>(size) * size);
  return mask;
}

}  // namespace

bool Mask::empty() const {
  return std::none_of(values.begin(), values.end(), [](std::uint8_t value) { return value != 0; });
}

Image load_sample(const Sample& sample) {
  return cut(load_image(sample.image), sample.part);
}

Image load_damage(const Sample& sample) {
  const Image image = cut(load_image(sample.mask), sample.part);
  return {PixelFormat::kGRAY8, image.width, image.height, binarised(image)};
}

Mask to_mask(const Image& damage, int size) {
  Mask mask = empty_mask(size);
  mask.source_width = damage.width;
  mask.source_height = damage.height;
  pillow_resize(damage.pixels.data(), damage.width, damage.width, damage.height, 1, size, size,
                PillowFilter::kBilinear, mask.values.data());
  for (std::uint8_t& value : mask.values) value = value >= 128;
  return mask;
}

Mask load_mask(const Sample& sample, int size) {
  return sample.mask.empty() ? empty_mask(size) : to_mask(load_damage(sample), size);
}

}  // namespace anomalyclip::trainer
