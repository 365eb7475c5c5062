#pragma once

/* How the geometry of an inspection follows that of its frame. Not installed. */
#include <gst/video/video.h>

#include "gstanomalymeta.h"

G_BEGIN_DECLS

/* A point (x, y) of the old frame lies at (scale_x * x + offset_x, scale_y * y + offset_y) of the
 * new one, which is width x height pixels. */
typedef struct {
  gdouble scale_x, scale_y, offset_x, offset_y;
  gdouble width, height;
} GstAnomalyMapping;

/* What videoscale does between two formats, its borders included. */
GstAnomalyMapping gst_anomaly_mapping_of_scale(const GstVideoInfo* from, const GstVideoInfo* to);

/* Cutting the rectangle out. */
GstAnomalyMapping gst_anomaly_mapping_of_crop(gdouble x, gdouble y, gdouble width, gdouble height);

/* Moves the map's rectangle, and moves and clips the regions; those outside the new frame go. */
void gst_anomaly_meta_apply_mapping(GstAnomalyMeta* meta, const GstAnomalyMapping* mapping);

G_END_DECLS
