#pragma once

#include <cstdint>
#include <vector>

#include <anomalyclip/draw.h>

#include "image/draw_tint.h"
#include "image/heatmap.h"
#include "image/map_positions.h"

namespace anomalyclip {

/// The anomaly map, enlarged (or shrunk) bilinearly to the pixels of the frame, one row of levels
/// at a time and only where it leaves a trace. Rows have to be asked for from top to bottom; the
/// last `window` of them are kept.
class MapRows {
 public:
  struct Row {
    const std::uint8_t* levels;  ///< [frame width], with `margin` zeros before and after
    Span columns;                ///< outside of these they are 0
  };

  /// @param map     not empty; borrowed
  /// @param window  rows that may be looked back at, this one included
  /// @param margin  columns that may be read beyond the frame
  MapRows(const MapView& map, const HeatmapScale& scale, int frame_width, int frame_height,
          int window, int margin);

  /// Any row number: outside the frame and the rectangle that the map covers, the row is empty.
  Row row(int y);

 private:
  /// Whether any value of a map row leaves a trace.
  static std::vector<bool> active_rows(const MapView& map, float start);

  void interpolate(int y);
  /// Makes ready for frame rows between two rows of the map.
  void enter_gap(int upper, int lower);
  void widen(int map_row, std::vector<float>& columns) const;

  MapView map_;
  HeatmapScale scale_;
  MapPlacement placed_;
  std::vector<int> first_column_;  // of the pixels after each sample; one more for the end
  std::vector<bool> active_;
  int gap_ = -1;                      // the upper row of the current gap
  std::vector<float> upper_, lower_;  // its two rows, at the pixels' columns
  std::vector<Span> runs_;            // columns with a trace in this gap
  int window_, margin_, stride_;
  std::vector<std::uint8_t> levels_;  // a ring of rows, and one that stays empty
  std::vector<Row> ring_;
  int next_;  // the first row that is not in the ring yet
};

}  // namespace anomalyclip
