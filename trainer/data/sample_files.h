#pragma once

#include <cstdint>
#include <vector>

#include "data/data_set.h"
#include "image/load_image.h"

namespace anomalyclip::trainer {

/// The picture of a sample, cut to its part.
/// @throws Error as anomalyclip::load_image()
Image load_sample(const Sample& sample);

/// Where a sample is damaged.
struct Mask {
  int size = 0;                      ///< pixels along each side
  std::vector<std::uint8_t> values;  ///< [size, size] of 0 and 1
  int source_width = 0,
      source_height = 0;  ///< pixels of the mask before resizing; 0 where there is no file

  bool empty() const;  ///< nothing is damaged
};

/// The mask of a sample at its own size, whatever is above black: GRAY8 of 0 and 255.
/// @param sample  one with a mask
/// @throws Error as anomalyclip::load_image()
Image load_damage(const Sample& sample);

/// Damage resized as the reference does it: Pillow's bilinear resize to size x size whatever the shape, and what is at
/// least half damage stays.
/// @param damage  GRAY8 of 0 and 255
Mask to_mask(const Image& damage, int size);

/// The mask of a sample as the reference prepares it: load_damage() and to_mask(). All zero for a sample without a
/// mask file.
/// @throws Error as anomalyclip::load_image()
Mask load_mask(const Sample& sample, int size);

}  // namespace anomalyclip::trainer
