#pragma once

#include <string>
#include <vector>

#include "scene.h"

namespace anomalyclip::synth {

/// What all parts of one product share: material, outline, print and bores.
struct Product {
  std::string shape, texture;
  Outline outline;
  Image material;  ///< larger than a part, so that each shows another piece of it
  std::uint64_t details_seed;
  Color detail_color;
  float radius_share, dome;
};

/// @param traits  its size is that of the material: at least a part's, better twice
/// @param before  the product that the line ran until then: the new one has another shape
Product draw_product(Sketch& traits, const Repertoire& repertoire, const Product* before);

/// One part of a product, lying on this piece of the belt.
/// @param belt  as large as the sketch
Scene draw_piece(Sketch& sketch, const Product& product, const Image& belt);

/// A square of conveyor belt: dull, and greyer than parts are.
Image draw_belt_tile(Sketch& sketch, const std::vector<int>& textures);

}  // namespace anomalyclip::synth
