#pragma once

#include <array>

#include "data/sample_files.h"

namespace anomalyclip::trainer {

/// Four pictures in the place of one.
struct Mosaic {
  Image picture;  ///< twice as wide and as high as its first tile
  Mask mask;      ///< of the same four places
  bool anomalous = false;
};

/// Two above and two below, in reading order. Each gets as much place as the first one has: what is larger loses its right
/// and its bottom, what is smaller leaves black (VAND's code differs in the former alone: there a larger tile covers part
/// of its neighbours). RGB as soon as one tile is.
Image stitched(const std::array<Image, 4>& tiles);

/// Four samples with their masks, stitched at the size of their files and resized after that.
/// @param tiles      those without a mask file count as undamaged
/// @param mask_size  pixels along each side of the mask
/// @throws Error as anomalyclip::load_image()
Mosaic load_mosaic(const std::array<const Sample*, 4>& tiles, int mask_size);

}  // namespace anomalyclip::trainer
