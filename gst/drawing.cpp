#include "drawing.h"

#include <cmath>
#include <cstdio>
#include <vector>

#include "video_frame.h"

namespace anomalyclip::gst {
namespace {

/// A map that stays readable while it is drawn.
class MappedMap {
 public:
  explicit MappedMap(const GstAnomalyMeta* meta) : buffer_(gst_anomaly_meta_get_map_buffer(meta)) {
    if (buffer_ && !gst_buffer_map(buffer_, &map_, GST_MAP_READ)) buffer_ = nullptr;
    if (!buffer_) return;
    double x, y, width, height;
    gst_anomaly_meta_get_map_rectangle(meta, &x, &y, &width, &height);
    const int left = int(std::lround(x)), top = int(std::lround(y));
    view_ = {{reinterpret_cast<const float*>(map_.data), map_.size / sizeof(float)},
             int(meta->map_width),
             int(meta->map_height),
             {left, top, int(std::lround(x + width)) - left, int(std::lround(y + height)) - top}};
  }
  ~MappedMap() {
    if (buffer_) gst_buffer_unmap(buffer_, &map_);
  }
  MappedMap(const MappedMap&) = delete;
  MappedMap& operator=(const MappedMap&) = delete;

  const MapView& view() const { return view_; }

 private:
  GstBuffer* buffer_;
  GstMapInfo map_{};
  MapView view_;
};

std::vector<Region> regions_of(const GstAnomalyMeta* meta) {
  std::vector<Region> regions;
  for (guint i = 0; i < gst_anomaly_meta_get_n_regions(meta); ++i) {
    const GstAnomalyRegion& r = *gst_anomaly_meta_get_region(meta, i);
    const int left = int(std::floor(r.x)), top = int(std::floor(r.y));
    const Rect box{left, top, int(std::ceil(r.x + r.width)) - left,
                   int(std::ceil(r.y + r.height)) - top};
    regions.push_back({box, float(r.score), std::int64_t(r.area)});
  }
  return regions;
}

Verdict verdict_of(const GstAnomalyMeta* meta) {
  switch (gst_anomaly_meta_get_verdict(meta)) {
    case GST_ANOMALY_VERDICT_NORMAL:
      return Verdict::kNormal;
    case GST_ANOMALY_VERDICT_ANOMALOUS:
      return Verdict::kAnomalous;
    default:
      return Verdict::kUnknown;
  }
}

std::string label_of(const GstAnomalyMeta* meta) {
  switch (gst_anomaly_meta_get_status(meta)) {
    case GST_ANOMALY_STATUS_SKIPPED:
      return "skipped";
    case GST_ANOMALY_STATUS_FAILED:
      return "failed";
    default:
      break;
  }
  static constexpr const char* kWords[] = {"score", "normal", "anomalous"};
  char text[32];
  std::snprintf(text, sizeof text, "%s %.3f", kWords[gst_anomaly_meta_get_verdict(meta)],
                gst_anomaly_meta_get_score(meta));
  return text;
}

OverlayStyle style_of(const GstAnomalyMeta* meta, const OverlaySettings& settings) {
  OverlayStyle style;
  style.overlay = settings.overlay;
  style.opacity = settings.opacity;
  style.colormap = settings.colormap;
  const double pixel_threshold = gst_anomaly_meta_get_pixel_threshold(meta);
  if (pixel_threshold >= 0) style.pixel_threshold = pixel_threshold;
  if (settings.show_label) style.label = label_of(meta);
  style.verdict = verdict_of(meta);
  return style;
}

}  // namespace

GpuOverlay& Drawing::gpu() {
  if (!gpu_) gpu_ = std::make_unique<GpuOverlay>(cuda_.device());
  return *gpu_;
}

void Drawing::draw(GstBuffer* buffer, const GstVideoInfo& info, const GstAnomalyMeta* meta,
                   const OverlaySettings& settings) {
  if (settings.overlay == Overlay::kNone) return;
  const MappedMap map(meta);
  const std::vector<Region> regions = regions_of(meta);
  const OverlayStyle style = style_of(meta, settings);
  const FrameMemory memory = cuda_.memory_of(buffer);
  if (memory == FrameMemory::kHost) {
    VideoFrame frame(buffer, info, write_flags(memory), memory);
    return draw_overlay(frame.mutable_view(), map.view(), regions, style);
  }
  const GstMemory* before = gst_buffer_peek_memory(buffer, 0);
  VideoFrame frame(buffer, info, write_flags(memory), memory);
  if (gst_buffer_peek_memory(buffer, 0) != before) cuda_.wait_for_copies();
  gpu().draw(frame.mutable_view(), map.view(), regions, style);
}

}  // namespace anomalyclip::gst
