#pragma once

#include <gst/anomaly/gstanomalyregion.h>

G_BEGIN_DECLS

/**
 * GstAnomalyStatus:
 * @GST_ANOMALY_STATUS_INSPECTED: the result was computed from this very frame
 * @GST_ANOMALY_STATUS_REUSED: the result is that of an earlier frame (see anomalyclip's `interval`)
 * @GST_ANOMALY_STATUS_SKIPPED: not inspected because the element could not keep up; there is no
 * result
 * @GST_ANOMALY_STATUS_FAILED: the inspection failed; there is no result
 *
 * How a frame came to its result. Every frame that passes anomalyclip has one.
 *
 * Since: 0.1
 */
typedef enum {
  GST_ANOMALY_STATUS_INSPECTED,
  GST_ANOMALY_STATUS_REUSED,
  GST_ANOMALY_STATUS_SKIPPED,
  GST_ANOMALY_STATUS_FAILED
} GstAnomalyStatus;

/**
 * GstAnomalyVerdict:
 * @GST_ANOMALY_VERDICT_UNKNOWN: no threshold was given, or there is no result
 * @GST_ANOMALY_VERDICT_NORMAL: the score lies below the threshold
 * @GST_ANOMALY_VERDICT_ANOMALOUS: the score has reached the threshold
 *
 * What the score means.
 *
 * Since: 0.1
 */
typedef enum {
  GST_ANOMALY_VERDICT_UNKNOWN,
  GST_ANOMALY_VERDICT_NORMAL,
  GST_ANOMALY_VERDICT_ANOMALOUS
} GstAnomalyVerdict;

/**
 * GST_ANOMALY_NONE:
 *
 * The value of a score or a threshold that is not there.
 *
 * Since: 0.1
 */
#define GST_ANOMALY_NONE (-1.0)

typedef struct _GstAnomalyMeta GstAnomalyMeta;

/**
 * GstAnomalyMeta:
 * @meta: the parent
 * @status: how the frame came to its result
 * @verdict: what the score means
 * @score: 0 to 1, or #GST_ANOMALY_NONE for a frame without a result
 * @threshold: the score from which on @verdict is anomalous, or #GST_ANOMALY_NONE
 * @pixel_threshold: the value of the map from which on a pixel lies in a region, or
 * #GST_ANOMALY_NONE
 * @frame_number: frames that the element had seen before this one since it started
 * @latency: time that the frame spent in the inspecting element
 *
 * The inspection of one frame. Rectangles, regions and map go with the frame when it is scaled; a
 * copy shares the map.
 *
 * Elements that cut, turn or mirror frames and do not tell metadata how (videocrop of
 * GStreamer 1.22 where it copies, for one) keep the verdict, the score and the names, and lose the
 * geometry rather than keep a wrong one: see gst_anomaly_meta_has_geometry().
 *
 * Since: 0.1
 */
struct _GstAnomalyMeta {
  GstMeta meta;

  GstAnomalyStatus status;
  GstAnomalyVerdict verdict;
  gdouble score;
  gdouble threshold;
  gdouble pixel_threshold;
  guint64 frame_number;
  GstClockTime latency;

  /*< private >*/
  gchar* model;
  gchar* prompts;
  gboolean has_geometry;
  GArray* regions;
  GstBuffer* map;
  guint map_width;
  guint map_height;
  gdouble map_x, map_y, map_frame_width, map_frame_height;
  gpointer reserved[4];
};

#define GST_ANOMALY_META_API_TYPE (gst_anomaly_meta_api_get_type())
#define GST_ANOMALY_META_INFO (gst_anomaly_meta_get_info())

GST_ANOMALY_API
GType gst_anomaly_meta_api_get_type(void);

GST_ANOMALY_API
const GstMetaInfo* gst_anomaly_meta_get_info(void);

GST_ANOMALY_API
GstAnomalyMeta* gst_buffer_add_anomaly_meta(GstBuffer* buffer, GstAnomalyStatus status,
                                            guint64 frame_number);

GST_ANOMALY_API
GstAnomalyMeta* gst_buffer_get_anomaly_meta(GstBuffer* buffer);

GST_ANOMALY_API
GstAnomalyStatus gst_anomaly_meta_get_status(const GstAnomalyMeta* meta);

GST_ANOMALY_API
guint64 gst_anomaly_meta_get_frame_number(const GstAnomalyMeta* meta);

GST_ANOMALY_API
void gst_anomaly_meta_set_score(GstAnomalyMeta* meta, gdouble score, gdouble threshold,
                                GstAnomalyVerdict verdict);

GST_ANOMALY_API
gdouble gst_anomaly_meta_get_score(const GstAnomalyMeta* meta);

GST_ANOMALY_API
gdouble gst_anomaly_meta_get_threshold(const GstAnomalyMeta* meta);

GST_ANOMALY_API
GstAnomalyVerdict gst_anomaly_meta_get_verdict(const GstAnomalyMeta* meta);

GST_ANOMALY_API
void gst_anomaly_meta_set_pixel_threshold(GstAnomalyMeta* meta, gdouble pixel_threshold);

GST_ANOMALY_API
gdouble gst_anomaly_meta_get_pixel_threshold(const GstAnomalyMeta* meta);

GST_ANOMALY_API
void gst_anomaly_meta_set_latency(GstAnomalyMeta* meta, GstClockTime latency);

GST_ANOMALY_API
GstClockTime gst_anomaly_meta_get_latency(const GstAnomalyMeta* meta);

GST_ANOMALY_API
void gst_anomaly_meta_set_names(GstAnomalyMeta* meta, const gchar* model, const gchar* prompts);

GST_ANOMALY_API
const gchar* gst_anomaly_meta_get_model(const GstAnomalyMeta* meta);

GST_ANOMALY_API
const gchar* gst_anomaly_meta_get_prompts(const GstAnomalyMeta* meta);

GST_ANOMALY_API
gboolean gst_anomaly_meta_has_geometry(const GstAnomalyMeta* meta);

GST_ANOMALY_API
void gst_anomaly_meta_add_region(GstAnomalyMeta* meta, const GstAnomalyRegion* region);

GST_ANOMALY_API
guint gst_anomaly_meta_get_n_regions(const GstAnomalyMeta* meta);

GST_ANOMALY_API
const GstAnomalyRegion* gst_anomaly_meta_get_region(const GstAnomalyMeta* meta, guint index);

GST_ANOMALY_API
void gst_anomaly_meta_set_map(GstAnomalyMeta* meta, GstBuffer* map, guint width, guint height,
                              gdouble x, gdouble y, gdouble frame_width, gdouble frame_height);

GST_ANOMALY_API
GstBuffer* gst_anomaly_meta_get_map_buffer(const GstAnomalyMeta* meta);

GST_ANOMALY_API
GBytes* gst_anomaly_meta_get_map(const GstAnomalyMeta* meta, guint* width, guint* height);

GST_ANOMALY_API
gboolean gst_anomaly_meta_get_map_rectangle(const GstAnomalyMeta* meta, gdouble* x, gdouble* y,
                                            gdouble* width, gdouble* height);

GST_ANOMALY_API
void gst_anomaly_meta_crop(GstAnomalyMeta* meta, gdouble x, gdouble y, gdouble width,
                           gdouble height);

GST_ANOMALY_API
GstStructure* gst_anomaly_meta_to_structure(const GstAnomalyMeta* meta);

G_END_DECLS

#include <gst/anomaly/gstanomaly-enumtypes.h>
