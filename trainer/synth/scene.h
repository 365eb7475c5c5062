#pragma once

#include <string>
#include <vector>

#include "colors.h"
#include "shapes.h"

namespace anomalyclip::synth {

/// What may be drawn: indices into texture_kinds() and shape_kinds().
struct Repertoire {
  std::vector<int> textures, shapes;
};

/// A good part before light and camera.
struct Scene {
  Image surface;     ///< the part's material, over the whole picture
  Image background;  ///< what is around and behind it; empty when the material fills the picture
  Plane coverage;    ///< 1 where the part is; all 1 when the material fills the picture
  std::vector<Outline> instances;  ///< pixels; empty when the material fills the picture
  std::string texture, shape;      ///< names; `shape` is empty when the material fills the picture

  bool is_object() const { return !instances.empty(); }
  Image composed() const;
};

/// A sheet of material, perhaps with a frame or a seam.
Scene draw_sheet(Sketch& sketch, const Repertoire& repertoire);

/// One large part, or several alike in rows, on a background.
Scene draw_object(Sketch& sketch, const Repertoire& repertoire);

}  // namespace anomalyclip::synth
