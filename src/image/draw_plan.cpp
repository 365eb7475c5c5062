#include "image/draw_plan.h"

#include <algorithm>
#include <cstring>

#include "image/draw_tints.h"

namespace anomalyclip {
namespace {

InkLayout layout_of(const MutableFrameView& frame) {
  const FormatInfo& info = format_info(frame.format);
  InkLayout layout{};
  std::copy(frame.planes.begin(), frame.planes.end(), layout.planes);
  std::copy(frame.strides.begin(), frame.strides.end(), layout.strides);
  layout.storage = info.storage;
  layout.width = frame.width;
  layout.height = frame.height;
  layout.pixel_stride = info.pixel_stride;
  std::copy_n(info.offset, 3, layout.offset);
  layout.words = frame.format == PixelFormat::kGRAY16_LE;
  if (layout.words) layout.offset[0] = 0;
  return layout;
}

OutlineInks inks_of(const OutlineStyle& style) {
  OutlineInks inks{};
  inks.thickness = style.thickness;
  std::copy(style.line.begin(), style.line.end(), inks.line);
  std::copy(style.rim.begin(), style.rim.end(), inks.rim);
  return inks;
}

std::vector<Tint> tints_of(const LevelTints& levels) {
  std::vector<Tint> tints(HeatmapScale::kLevels);
  for (int level = 0; level < HeatmapScale::kLevels; ++level) {
    tints[level].alpha = levels.opacity[level];
    std::copy(levels.ink[level].begin(), levels.ink[level].end(), tints[level].ink);
  }
  return tints;
}

bool leaves_trace(const MapView& map, float start) {
  return std::any_of(map.values.begin(), map.values.end(),
                     [start](float value) { return value >= start; });
}

}  // namespace

DrawPlan::DrawPlan(const MutableFrameView& frame, const MapView& map,
                   std::span<const Region> regions, const OverlayStyle& style)
    : frame_(layout_of(frame)), outline_{}, map_(map), scale_(scale_of(style)) {
  const TintBlender blender(frame);
  outline_ = inks_of(OutlineStyle(blender));
  if (style.overlay != Overlay::kNone) {
    if (map.values.empty())
      plan_boxes(regions);
    else
      plan_map(blender, style);
  }
  if (style.label.empty()) return;
  label_ = render_label(blender, style.label, style.verdict);
  label_piece_ = add(std::span<const std::uint8_t>(label_->coverage));
}

void DrawPlan::plan_map(const TintBlender& blender, const OverlayStyle& style) {
  validate(map_);
  MapPlacement placed(map_, blender.width(), blender.height());
  if (placed.empty() || !leaves_trace(map_, scale_.start())) return;
  const MapParts parts(blender, style.overlay);
  heatmap_ = parts.heatmap;
  contours_ = parts.contours;
  tints_ = tints_of(LevelTints(blender, style));
  placed_ = std::move(placed);
  values_piece_ = add(map_.values);
  columns_piece_ = add(std::span<const MapPosition>(placed_->columns));
  rows_piece_ = add(std::span<const MapPosition>(placed_->rows));
  tints_piece_ = add(std::span<const Tint>(tints_));
}

void DrawPlan::plan_boxes(std::span<const Region> regions) {
  for (const Region& region : regions) boxes_.push_back(region.box);
  boxes_piece_ = add(std::span<const Rect>(boxes_));
}

template <typename T>
DrawPlan::Piece DrawPlan::add(std::span<const T> values) {
  constexpr std::size_t kAlignment = 16;
  const Piece piece{values.data(), values.size_bytes(), bytes_};
  bytes_ += (piece.bytes + kAlignment - 1) / kAlignment * kAlignment;
  return piece;
}

void DrawPlan::write(std::uint8_t* block) const {
  for (const Piece* piece :
       {&values_piece_, &columns_piece_, &rows_piece_, &tints_piece_, &boxes_piece_, &label_piece_})
    if (piece->bytes > 0) std::memcpy(block + piece->offset, piece->data, piece->bytes);
}

/// @param part  pixels of the frame; whole groups are made of it
template <typename Painter>
DrawJob<Painter> DrawPlan::over(const Painter& painter, const Rect& part) const {
  const int width = frame_.group_width(), height = frame_.group_height();
  const int column = part.x / width, row = part.y / height;
  return {frame_, painter,
          column, (part.x + part.width + width - 1) / width - column,
          row,    (part.y + part.height + height - 1) / height - row};
}

DrawPlan::Jobs DrawPlan::jobs(const std::uint8_t* block) const {
  const auto at = [&]<typename T>(const Piece& piece, const T*) {
    return reinterpret_cast<const T*>(block + piece.offset);
  };
  Jobs jobs;
  if (placed_) {
    const int reach = contours_ ? outline_.thickness : 0;
    const int left = std::max(placed_->left - reach, 0), top = std::max(placed_->top - reach, 0);
    const Rect part{left, top, std::min(placed_->right + reach, frame_.width) - left,
                    std::min(placed_->bottom + reach, frame_.height) - top};
    jobs.map = over(MapPainter{at(values_piece_, map_.values.data()), map_.width, map_.height,
                               at(columns_piece_, placed_->columns.data()),
                               at(rows_piece_, placed_->rows.data()), placed_->left, placed_->right,
                               placed_->top, placed_->bottom, scale_,
                               at(tints_piece_, tints_.data()), heatmap_, contours_, outline_},
                    part);
  }
  if (!boxes_.empty())
    jobs.boxes = over(BoxPainter{at(boxes_piece_, boxes_.data()),
                                 static_cast<std::int32_t>(boxes_.size()), outline_},
                      {0, 0, frame_.width, frame_.height});
  if (label_) {
    LabelPainter painter{
        at(label_piece_, label_->coverage.data()), label_->columns, label_->rows, {}, {}};
    std::copy(label_->ground.begin(), label_->ground.end(), painter.ground);
    std::copy(label_->ink.begin(), label_->ink.end(), painter.ink);
    jobs.label = over(painter, {0, 0, label_->columns, label_->rows});
  }
  return jobs;
}

}  // namespace anomalyclip
