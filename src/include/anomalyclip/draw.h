#pragma once

#include <optional>
#include <span>
#include <string>

#include <anomalyclip/frame.h>
#include <anomalyclip/result.h>

namespace anomalyclip {

enum class Overlay { kNone, kHeatmap, kContours, kBoth };
enum class Colormap { kTurbo, kJet, kInferno, kViridis };

/// How a result is drawn.
struct OverlayStyle {
  Overlay overlay = Overlay::kHeatmap;
  double opacity = 0.5;  ///< 0..1, of the heatmap where it is strongest
  Colormap colormap = Colormap::kTurbo;
  std::optional<double>
      pixel_threshold;  ///< colours are bound to it: nothing is tinted well below it. Unset: 0.5
  std::string label;    ///< drawn at the top left; empty: none
  Verdict verdict = Verdict::kUnknown;  ///< colours the label: green, red, grey
};

/// A map that somebody else owns (see AnomalyMap for the meaning).
struct MapView {
  std::span<const float> values;  ///< [height * width]
  int width = 0, height = 0;
  Rect covers;  ///< pixels of the frame that is drawn on; parts outside are clipped
};

/// Draws in place, in the frame's own format, without converting the frame.
/// @param map      may be empty: then only regions' boxes and the label are drawn
/// @param regions  boxes that contours fall back to where there is no map
void draw_overlay(const MutableFrameView& frame, const MapView& map,
                  std::span<const Region> regions, const OverlayStyle& style);

}  // namespace anomalyclip
