#pragma once

#include <optional>

#include "scene.h"

namespace anomalyclip::synth {

/// Kinds that training never draws: the demo model is judged on them.
inline constexpr const char* kHeldOutTextures[] = {"wood", "terrazzo", "knit", "hammered"};
inline constexpr const char* kHeldOutShapes[] = {"gear", "bracket", "capsule"};

Repertoire all_kinds();
Repertoire training_kinds();
Repertoire held_out_kinds();

/// The kinds of these names. @throws Error kSettings (an unknown name: lists the known ones)
Repertoire named_kinds(const std::vector<std::string>& names);

struct PartSettings {
  int size = 256;              ///< pixels, even
  float object_share = 0.4f;   ///< the rest are sheets of material
  float defect_share = 0.62f;  ///< of parts that are to be defective
  bool want_twin = false;      ///< also return the part without its defects
  Repertoire repertoire = all_kinds();
};

struct Part {
  cv::Mat3b image;             ///< RGB
  cv::Mat1b mask;              ///< 255 where a defect can be seen
  cv::Mat3b twin;              ///< RGB; the same part, light and noise, without the defects
  std::string texture, shape;  ///< `shape` is empty for a sheet
  std::string defect;          ///< the last drawn; empty: good
  int texture_kind = 0, shape_kind = -1, defect_kind = -1;

  bool defective() const { return defect_kind >= 0; }
};

/// Sets names and numbers of what was drawn; an empty shape is a sheet.
void name_kinds(Part& part, const std::string& texture, const std::string& shape);
void name_defect(Part& part, int kind);

/// A part that is a function of (settings, seed, index) alone. `defect` forces a kind (draws until one shows) or, with
/// nullopt, leaves it to chance. Thread-safe.
Part draw_part(const PartSettings& settings, std::uint64_t seed, std::uint64_t index);

}  // namespace anomalyclip::synth
