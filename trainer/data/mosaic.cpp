#include "data/mosaic.h"

#include <algorithm>

namespace anomalyclip::trainer {
namespace {

Image undamaged(const Image& picture) {
  const auto pixels = static_cast<std::size_t>(picture.width) * picture.height;
  return {PixelFormat::kGRAY8, picture.width, picture.height, std::vector<std::uint8_t>(pixels)};
}

/// Puts a picture of as many channels into a place of another one, as far as it fits.
void paste(const Image& tile, std::ptrdiff_t channels, int left, int top, int width, int height,
           Image& onto) {
  const std::ptrdiff_t row = std::min(width, tile.width) * channels;
  for (int y = 0; y < std::min(height, tile.height); ++y)
    std::copy_n(tile.pixels.begin() + y * tile.width * channels, row,
                onto.pixels.begin() + ((top + y) * onto.width + left) * channels);
}

}  // namespace

Image stitched(const std::array<Image, 4>& tiles) {
  const bool colour = std::ranges::any_of(
      tiles, [](const Image& tile) { return tile.format == PixelFormat::kRGB; });
  const int channels = colour ? 3 : 1;
  const int width = tiles[0].width, height = tiles[0].height;
  Image whole{colour ? PixelFormat::kRGB : PixelFormat::kGRAY8, 2 * width, 2 * height, {}};
  whole.pixels.resize(static_cast<std::size_t>(whole.width) * whole.height * channels);
  for (int i = 0; i < 4; ++i) {
    const Image& tile = tiles[static_cast<std::size_t>(i)];
    paste(tile.format == whole.format ? tile : to_rgb_image(tile.view()), channels, i % 2 * width,
          i / 2 * height, width, height, whole);
  }
  return whole;
}

Mosaic load_mosaic(const std::array<const Sample*, 4>& tiles, int mask_size) {
  std::array<Image, 4> pictures, damage;
  Mosaic mosaic;
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    pictures[i] = load_sample(*tiles[i]);
    damage[i] = tiles[i]->mask.empty() ? undamaged(pictures[i]) : load_damage(*tiles[i]);
    mosaic.anomalous |= tiles[i]->anomalous;
  }
  mosaic.picture = stitched(pictures);
  mosaic.mask = to_mask(stitched(damage), mask_size);
  return mosaic;
}

}  // namespace anomalyclip::trainer
