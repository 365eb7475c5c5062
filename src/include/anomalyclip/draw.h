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

/// Draws in place, in the frame's own format, without converting the frame; alpha bytes stay. Thread-safe.
///
/// The heatmap leaves everything below 0.9 of the pixel threshold untouched, reaches its full opacity and the middle of
/// the colormap at the threshold, and the hot end at twice the threshold (or at 1). Grey frames have no colours: there it
/// lightens, with an outline. Contours are a bright line inside and a dark one outside of what is at or above the
/// threshold, closed where the map ends. kNone draws the label alone.
/// @param map      may be empty: then boxes are drawn instead, whatever the overlay
/// @param regions  not looked at where there is a map
/// @throws Error kSettings: the frame makes no sense, or the map has other than width x height values
void draw_overlay(const MutableFrameView& frame, const MapView& map,
                  std::span<const Region> regions, const OverlayStyle& style);

}  // namespace anomalyclip
