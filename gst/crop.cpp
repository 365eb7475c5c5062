#include "crop.h"

#include <gst/anomaly/gstanomaly.h>

namespace anomalyclip::gst {
namespace {

/// Chroma planes start at the sample that the corner belongs to, as in videocrop itself.
void move_planes(GstVideoMeta* video, const GstVideoCropMeta& crop) {
  const GstVideoFormatInfo* format = gst_video_format_get_info(video->format);
  for (guint plane = 0; plane < video->n_planes; ++plane) {
    gint components[GST_VIDEO_MAX_COMPONENTS];
    gst_video_format_info_component(format, plane, components);
    const gint c = components[0];
    const gsize column = crop.x >> GST_VIDEO_FORMAT_INFO_W_SUB(format, c);
    const gsize row = crop.y >> GST_VIDEO_FORMAT_INFO_H_SUB(format, c);
    video->offset[plane] += row * gsize(video->stride[plane]) +
                            column * gsize(GST_VIDEO_FORMAT_INFO_PSTRIDE(format, c));
  }
  video->width = crop.width;
  video->height = crop.height;
}

void move_inspections(GstBuffer* buffer, const GstVideoCropMeta& crop) {
  gpointer state = nullptr;
  while (GstMeta* meta =
             gst_buffer_iterate_meta_filtered(buffer, &state, GST_ANOMALY_META_API_TYPE))
    gst_anomaly_meta_crop(reinterpret_cast<GstAnomalyMeta*>(meta), crop.x, crop.y, crop.width,
                          crop.height);
}

/// @return whether anything of it is left
bool move_region(GstVideoRegionOfInterestMeta* roi, const GstVideoCropMeta& crop) {
  const gint64 left = MAX(gint64(roi->x) - crop.x, 0), top = MAX(gint64(roi->y) - crop.y, 0);
  const gint64 right = MIN(gint64(roi->x) + roi->w - crop.x, gint64(crop.width));
  const gint64 bottom = MIN(gint64(roi->y) + roi->h - crop.y, gint64(crop.height));
  if (right <= left || bottom <= top) return false;
  roi->x = guint(left);
  roi->y = guint(top);
  roi->w = guint(right - left);
  roi->h = guint(bottom - top);
  return true;
}

gboolean move_or_remove(GstBuffer*, GstMeta** meta, gpointer crop) {
  if ((*meta)->info->api == GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE &&
      !move_region(reinterpret_cast<GstVideoRegionOfInterestMeta*>(*meta),
                   *static_cast<const GstVideoCropMeta*>(crop)))
    *meta = nullptr;
  return TRUE;
}

}  // namespace

bool can_crop_in_place(const GstVideoInfo& info) {
  return info.finfo->format != GST_VIDEO_FORMAT_YUY2 && info.finfo->format != GST_VIDEO_FORMAT_UYVY;
}

void apply_crop(GstBuffer* buffer, const GstVideoInfo& info) {
  auto* noted = gst_buffer_get_video_crop_meta(buffer);
  GstVideoMeta* video = gst_buffer_get_video_meta(buffer);
  if (!noted || !video) return;
  GstVideoCropMeta crop = *noted;
  crop.width = guint(info.width);
  crop.height = guint(info.height);

  move_planes(video, crop);
  move_inspections(buffer, crop);
  gst_buffer_foreach_meta(buffer, move_or_remove, &crop);
  gst_buffer_remove_meta(buffer, &noted->meta);
}

}  // namespace anomalyclip::gst
