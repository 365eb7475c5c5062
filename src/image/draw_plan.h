#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <anomalyclip/draw.h>

#include "image/draw_element.h"
#include "image/draw_label.h"
#include "image/draw_outline.h"

namespace anomalyclip {

/// draw_overlay() of one frame for the kernels: what they read is one block of memory, wherever it lies, and what they do
/// is at most two jobs, one after the other.
class DrawPlan {
 public:
  struct Jobs {
    std::optional<DrawJob<MapPainter>> map;
    std::optional<DrawJob<BoxPainter>> boxes;  ///< in place of a map
    std::optional<DrawJob<LabelPainter>> label;
  };

  /// Looks at no pixel of the frame. Arguments as draw_overlay()'s; the map's values are borrowed.
  /// @throws Error kSettings (as draw_overlay())
  DrawPlan(const MutableFrameView& frame, const MapView& map, std::span<const Region> regions,
           const OverlayStyle& style);
  DrawPlan(const DrawPlan&) = delete;

  /// Of the block; 0: there is nothing to draw.
  std::size_t bytes() const { return bytes_; }

  /// @param block  [bytes()], aligned to 16
  void write(std::uint8_t* block) const;

  /// What there is to do, reading the block that lies there: what write() wrote, or a copy of it.
  Jobs jobs(const std::uint8_t* block) const;

 private:
  struct Piece {
    const void* data = nullptr;
    std::size_t bytes = 0, offset = 0;
  };

  void plan_map(const TintBlender& blender, const OverlayStyle& style);
  void plan_boxes(std::span<const Region> regions);
  template <typename T>
  Piece add(std::span<const T> values);
  template <typename Painter>
  DrawJob<Painter> over(const Painter& painter, const Rect& part) const;

  InkLayout frame_;
  OutlineInks outline_;
  std::size_t bytes_ = 0;

  MapView map_;
  std::optional<MapPlacement> placed_;  ///< where the map is drawn
  bool heatmap_ = false, contours_ = false;
  HeatmapScale scale_;
  std::vector<Tint> tints_;
  Piece values_piece_, columns_piece_, rows_piece_, tints_piece_;

  std::vector<Rect> boxes_;
  Piece boxes_piece_;

  std::optional<LabelPatch> label_;
  Piece label_piece_;
};

}  // namespace anomalyclip
