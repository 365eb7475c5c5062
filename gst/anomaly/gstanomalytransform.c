#include "gstanomalytransform.h"

/* Black bars that keep the display aspect ratio, as videoscale adds them unless told otherwise
 * (add-borders). */
static void subtract_borders(const GstVideoInfo* from, const GstVideoInfo* to, gdouble* width,
                             gdouble* height) {
  gint from_n, from_d, to_n, to_d, n, d;

  if (!gst_util_fraction_multiply(from->width, from->height, from->par_n, from->par_d, &from_n,
                                  &from_d) ||
      !gst_util_fraction_multiply(to->width, to->height, to->par_n, to->par_d, &to_n, &to_d) ||
      (from_n == to_n && from_d == to_d) ||
      !gst_util_fraction_multiply(from_n, from_d, to->par_d, to->par_n, &n, &d))
    return;

  const gint fitting_height = (gint)gst_util_uint64_scale_int(to->width, d, n);
  if (fitting_height <= to->height)
    *height = fitting_height;
  else
    *width = (gdouble)gst_util_uint64_scale_int(to->height, n, d);
}

GstAnomalyMapping gst_anomaly_mapping_of_scale(const GstVideoInfo* from, const GstVideoInfo* to) {
  gdouble width = to->width, height = to->height;
  subtract_borders(from, to, &width, &height);

  /* Whole pixels: videoscale halves the border as an integer. */
  const gint left = ((gint)(to->width - width)) / 2;
  const gint top = ((gint)(to->height - height)) / 2;
  GstAnomalyMapping mapping = {width / from->width, height / from->height, left, top, to->width,
                               to->height};
  return mapping;
}

GstAnomalyMapping gst_anomaly_mapping_of_crop(gdouble x, gdouble y, gdouble width, gdouble height) {
  GstAnomalyMapping mapping = {1, 1, -x, -y, width, height};
  return mapping;
}

static gboolean map_region(GstAnomalyRegion* region, const GstAnomalyMapping* mapping) {
  const gdouble x = region->x * mapping->scale_x + mapping->offset_x;
  const gdouble y = region->y * mapping->scale_y + mapping->offset_y;
  const gdouble width = region->width * mapping->scale_x;
  const gdouble height = region->height * mapping->scale_y;
  const gdouble left = MAX(x, 0), top = MAX(y, 0);
  const gdouble right = MIN(x + width, mapping->width), bottom = MIN(y + height, mapping->height);
  if (right <= left || bottom <= top) return FALSE;

  /* Where in its box a region's pixels lie is not known: the same share of them is taken to be
   * left. */
  const gdouble kept = (right - left) * (bottom - top) / (width * height);
  const GstAnomalyRegion moved = {
      left,         top,           right - left,
      bottom - top, region->score, region->area * mapping->scale_x * mapping->scale_y * kept};
  *region = moved;
  return TRUE;
}

void gst_anomaly_meta_apply_mapping(GstAnomalyMeta* meta, const GstAnomalyMapping* mapping) {
  meta->map_x = meta->map_x * mapping->scale_x + mapping->offset_x;
  meta->map_y = meta->map_y * mapping->scale_y + mapping->offset_y;
  meta->map_frame_width *= mapping->scale_x;
  meta->map_frame_height *= mapping->scale_y;
  if (meta->regions == NULL) return;

  GArray* regions = meta->regions;
  guint kept = 0;
  for (guint i = 0; i < regions->len; ++i) {
    GstAnomalyRegion region = g_array_index(regions, GstAnomalyRegion, i);
    if (map_region(&region, mapping)) g_array_index(regions, GstAnomalyRegion, kept++) = region;
  }
  g_array_set_size(regions, kept);
}
