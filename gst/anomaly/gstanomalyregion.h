#pragma once

#include <gst/anomaly/gstanomalyprelude.h>

G_BEGIN_DECLS

#define GST_TYPE_ANOMALY_REGION (gst_anomaly_region_get_type())

typedef struct _GstAnomalyRegion GstAnomalyRegion;

/**
 * GstAnomalyRegion:
 * @x: left edge, in pixels of the frame
 * @y: top edge, in pixels of the frame
 * @width: in pixels of the frame
 * @height: in pixels of the frame
 * @score: the largest value of the map inside, 0 to 1
 * @area: pixels of the frame that belong to it, at most @width * @height
 *
 * A connected part of the anomaly map at or above the pixel threshold. The numbers are real, not
 * whole, so that frames can be scaled down and up again without losing precision.
 *
 * Since: 0.1
 */
struct _GstAnomalyRegion {
  gdouble x;
  gdouble y;
  gdouble width;
  gdouble height;
  gdouble score;
  gdouble area;
};

GST_ANOMALY_API
GType gst_anomaly_region_get_type(void);

GST_ANOMALY_API
GstAnomalyRegion* gst_anomaly_region_copy(const GstAnomalyRegion* region);

GST_ANOMALY_API
void gst_anomaly_region_free(GstAnomalyRegion* region);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GstAnomalyRegion, gst_anomaly_region_free)

G_END_DECLS
