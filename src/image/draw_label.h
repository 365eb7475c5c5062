#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <anomalyclip/result.h>

#include "image/draw_tint.h"

namespace anomalyclip {

/// A line of text that has been rendered, for the frame's top left corner.
struct LabelPatch {
  int columns, rows;
  std::vector<std::uint8_t> coverage;  ///< [rows, columns] of the text, 0..255
  Ink ground, ink;
};

/// As high as a 28th of the frame (at least 10 pixels) or smaller where it would be wider than the frame; cut to it. Green
/// for kNormal, red for kAnomalous, light grey for kUnknown; white in grey frames. The font has ASCII only: any other
/// character shows as a question mark.
LabelPatch render_label(const TintBlender& blender, const std::string& text, Verdict verdict);

/// Writes one line at the top left, on a dark ground: see render_label().
void draw_label(const TintBlender& blender, const std::string& text, Verdict verdict);

}  // namespace anomalyclip
