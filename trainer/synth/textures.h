#pragma once

#include <span>
#include <string>
#include <vector>

#include "colors.h"

namespace anomalyclip::synth {

/// A material. `weight` says how often it is drawn.
struct TextureKind {
  const char* name;
  Image (*draw)(Sketch&);
  float weight;
};

/// All kinds, in a fixed order.
std::span<const TextureKind> texture_kinds();

/// Draws one of `allowed` (indices into texture_kinds()), sometimes blended with a second one, zoomed, or of less
/// contrast. `kind` receives its index.
Image draw_texture(Sketch& sketch, const std::vector<int>& allowed, int* kind = nullptr);

// textures_natural.cpp
Image draw_clouds(Sketch&);
Image draw_wood(Sketch&);
Image draw_marble(Sketch&);
Image draw_stone(Sketch&);
Image draw_leather(Sketch&);
Image draw_terrazzo(Sketch&);
Image draw_cork(Sketch&);
Image draw_granules(Sketch&);

// textures_woven.cpp
Image draw_weave(Sketch&);
Image draw_knit(Sketch&);
Image draw_carpet(Sketch&);
Image draw_felt(Sketch&);
Image draw_stripes(Sketch&);

// textures_technical.cpp
Image draw_brushed(Sketch&);
Image draw_plastic(Sketch&);
Image draw_mesh(Sketch&);
Image draw_perforated(Sketch&);
Image draw_tiles(Sketch&);
Image draw_circuit(Sketch&);
Image draw_asphalt(Sketch&);
Image draw_hammered(Sketch&);
Image draw_tread(Sketch&);

}  // namespace anomalyclip::synth
