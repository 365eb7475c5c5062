#pragma once

#include <string>

#include <anomalyclip/result.h>

#include "image/draw_tint.h"

namespace anomalyclip {

/// Writes one line at the top left, on a dark ground, as high as a 28th of the frame (at least 10
/// pixels) or smaller where it would be wider than the frame. Green for kNormal, red for
/// kAnomalous, light grey for kUnknown; white in grey frames. The font has ASCII only: any other
/// character shows as a question mark.
void draw_label(const TintBlender& blender, const std::string& text, Verdict verdict);

}  // namespace anomalyclip
