/**
 * SECTION:gstanomalymeta
 * @title: GstAnomalyMeta
 * @short_description: The inspection of a video frame
 *
 * Score, verdict, regions and anomaly map of a frame, as anomalyclip attaches them.
 *
 * A frame that passed several inspecting elements has several; gst_buffer_iterate_meta_filtered()
 * with #GST_ANOMALY_META_API_TYPE walks over them.
 */
#include "gstanomalymeta.h"

#include "gstanomalycarrier.h"
#include "gstanomalymetaprivate.h"
#include "gstanomalytransform.h"

/**
 * gst_anomaly_meta_api_get_type: (skip)
 *
 * Returns: the type that identifies the metadata
 *
 * Since: 0.1
 */
GType gst_anomaly_meta_api_get_type(void) {
  static gsize type = 0;
  static const gchar* tags[] = {GST_META_TAG_VIDEO_STR, GST_META_TAG_VIDEO_ORIENTATION_STR,
                                GST_META_TAG_VIDEO_SIZE_STR, NULL};
  if (g_once_init_enter(&type)) {
    const GType registered = gst_meta_api_type_register("GstAnomalyMetaAPI", tags);
    g_once_init_leave(&type, registered);
  }
  return type;
}

static gboolean anomaly_meta_init(GstMeta* base, gpointer params, GstBuffer* buffer) {
  GstAnomalyMeta* meta = (GstAnomalyMeta*)base;
  (void)params;
  (void)buffer;
  memset((guint8*)meta + sizeof(GstMeta), 0, sizeof *meta - sizeof(GstMeta));
  meta->score = meta->threshold = meta->pixel_threshold = GST_ANOMALY_NONE;
  meta->has_geometry = TRUE;
  return TRUE;
}

static void anomaly_meta_free(GstMeta* base, GstBuffer* buffer) {
  GstAnomalyMeta* meta = (GstAnomalyMeta*)base;
  (void)buffer;
  g_clear_pointer(&meta->model, g_ref_string_release);
  g_clear_pointer(&meta->prompts, g_ref_string_release);
  g_clear_pointer(&meta->regions, g_array_unref);
  gst_clear_buffer(&meta->map);
}

static gboolean anomaly_meta_transform(GstBuffer* target, GstMeta* base, GstBuffer* source,
                                       GQuark type, gpointer data) {
  const GstAnomalyMeta* meta = (const GstAnomalyMeta*)base;
  (void)source;
  if (GST_META_TRANSFORM_IS_COPY(type)) {
    /* Part of a frame's bytes, as a parser or a payloader cuts them, is still of that frame. */
    gst_anomaly_meta_copy_to(target, meta, TRUE);
    return TRUE;
  }
  if (GST_VIDEO_META_TRANSFORM_IS_SCALE(type)) {
    const GstVideoMetaTransform* scale = (const GstVideoMetaTransform*)data;
    const GstAnomalyMapping mapping = gst_anomaly_mapping_of_scale(scale->in_info, scale->out_info);
    gst_anomaly_meta_apply_mapping(gst_anomaly_meta_copy_to(target, meta, TRUE), &mapping);
    return TRUE;
  }
  return FALSE;
}

/**
 * gst_anomaly_meta_get_info: (skip)
 *
 * Returns: how the metadata is made, copied and freed
 *
 * Since: 0.1
 */
const GstMetaInfo* gst_anomaly_meta_get_info(void) {
  static const GstMetaInfo* info = NULL;
  if (g_once_init_enter((GstMetaInfo**)&info)) {
    const GstMetaInfo* registered =
        gst_meta_register(GST_ANOMALY_META_API_TYPE, "GstAnomalyMeta", sizeof(GstAnomalyMeta),
                          anomaly_meta_init, anomaly_meta_free, anomaly_meta_transform);
    g_once_init_leave((GstMetaInfo**)&info, (GstMetaInfo*)registered);
  }
  return info;
}

GstAnomalyMeta* gst_anomaly_meta_copy_to(GstBuffer* target, const GstAnomalyMeta* meta,
                                         gboolean with_geometry) {
  GstAnomalyMeta* copy = gst_buffer_add_anomaly_meta(target, meta->status, meta->frame_number);
  gst_anomaly_meta_set_score(copy, meta->score, meta->threshold, meta->verdict);
  copy->pixel_threshold = meta->pixel_threshold;
  copy->latency = meta->latency;
  if (meta->model != NULL) copy->model = g_ref_string_acquire(meta->model);
  if (meta->prompts != NULL) copy->prompts = g_ref_string_acquire(meta->prompts);

  copy->has_geometry = with_geometry && meta->has_geometry;
  if (!copy->has_geometry) return copy;
  if (meta->regions != NULL) copy->regions = g_array_copy(meta->regions);
  if (meta->map != NULL)
    gst_anomaly_meta_set_map(copy, meta->map, meta->map_width, meta->map_height, meta->map_x,
                             meta->map_y, meta->map_frame_width, meta->map_frame_height);
  return copy;
}

/**
 * gst_buffer_add_anomaly_meta:
 * @buffer: a writable #GstBuffer
 * @status: how the frame came to its result
 * @frame_number: frames before this one
 *
 * Attaches an inspection without a result yet: no score, no thresholds, no regions, no map.
 *
 * Returns: (transfer none): the metadata, which the buffer owns
 *
 * Since: 0.1
 */
GstAnomalyMeta* gst_buffer_add_anomaly_meta(GstBuffer* buffer, GstAnomalyStatus status,
                                            guint64 frame_number) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer), NULL);
  g_return_val_if_fail(gst_buffer_is_writable(buffer), NULL);

  GstAnomalyMeta* meta = (GstAnomalyMeta*)gst_buffer_add_meta(buffer, GST_ANOMALY_META_INFO, NULL);
  meta->status = status;
  meta->frame_number = frame_number;
  gst_buffer_ensure_anomaly_carrier(buffer);
  return meta;
}

/**
 * gst_buffer_get_anomaly_meta:
 * @buffer: a #GstBuffer
 *
 * Returns: (transfer none) (nullable): the first inspection of the frame, or %NULL. It lives as
 * long as the buffer.
 *
 * Since: 0.1
 */
GstAnomalyMeta* gst_buffer_get_anomaly_meta(GstBuffer* buffer) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer), NULL);
  return (GstAnomalyMeta*)gst_buffer_get_meta(buffer, GST_ANOMALY_META_API_TYPE);
}

/**
 * gst_anomaly_meta_add_region:
 * @meta: a #GstAnomalyMeta
 * @region: a region; the one with the largest score should come first
 *
 * Since: 0.1
 */
void gst_anomaly_meta_add_region(GstAnomalyMeta* meta, const GstAnomalyRegion* region) {
  g_return_if_fail(meta != NULL && region != NULL);
  if (meta->regions == NULL) meta->regions = g_array_new(FALSE, FALSE, sizeof(GstAnomalyRegion));
  g_array_append_vals(meta->regions, region, 1);
}

/**
 * gst_anomaly_meta_get_n_regions:
 * @meta: a #GstAnomalyMeta
 *
 * Returns: the number of regions; 0 without a pixel threshold
 *
 * Since: 0.1
 */
guint gst_anomaly_meta_get_n_regions(const GstAnomalyMeta* meta) {
  g_return_val_if_fail(meta != NULL, 0);
  return meta->regions != NULL ? meta->regions->len : 0;
}

/**
 * gst_anomaly_meta_get_region:
 * @meta: a #GstAnomalyMeta
 * @index: 0 is the region with the largest score
 *
 * Returns: (transfer none) (nullable): the region, or %NULL when there are not that many
 *
 * Since: 0.1
 */
const GstAnomalyRegion* gst_anomaly_meta_get_region(const GstAnomalyMeta* meta, guint index) {
  g_return_val_if_fail(meta != NULL, NULL);
  if (index >= gst_anomaly_meta_get_n_regions(meta)) return NULL;
  return &g_array_index(meta->regions, GstAnomalyRegion, index);
}

/**
 * gst_anomaly_meta_set_map:
 * @meta: a #GstAnomalyMeta
 * @map: (transfer none) (nullable): %NULL to take a map away, or @width * @height float32 values in
 * the machine's byte order, row 0 at the top
 * @width: samples in a row
 * @height: rows
 * @x: left edge of what the map spans, in pixels of the frame
 * @y: top edge of what the map spans, in pixels of the frame
 * @frame_width: pixels of the frame that the map spans
 * @frame_height: pixels of the frame that the map spans
 *
 * Attaches the anomaly map: the probability of "abnormal", 0 to 1. The buffer is shared with every
 * copy of the frame and must not change any more.
 *
 * Since: 0.1
 */
void gst_anomaly_meta_set_map(GstAnomalyMeta* meta, GstBuffer* map, guint width, guint height,
                              gdouble x, gdouble y, gdouble frame_width, gdouble frame_height) {
  g_return_if_fail(meta != NULL);
  g_return_if_fail(map == NULL || gst_buffer_get_size(map) == sizeof(gfloat) * width * height);
  gst_buffer_replace(&meta->map, map);
  meta->map_width = width;
  meta->map_height = height;
  meta->map_x = x;
  meta->map_y = y;
  meta->map_frame_width = frame_width;
  meta->map_frame_height = frame_height;
}

/**
 * gst_anomaly_meta_get_map_buffer:
 * @meta: a #GstAnomalyMeta
 *
 * Returns: (transfer none) (nullable): the map as gst_anomaly_meta_set_map() took it, or %NULL
 *
 * Since: 0.1
 */
GstBuffer* gst_anomaly_meta_get_map_buffer(const GstAnomalyMeta* meta) {
  g_return_val_if_fail(meta != NULL, NULL);
  return meta->map;
}

/**
 * gst_anomaly_meta_get_map:
 * @meta: a #GstAnomalyMeta
 * @width: (out): samples in a row
 * @height: (out): rows
 *
 * A copy of the map, which may outlive the buffer. In Python
 * `numpy.frombuffer(data.get_data(), numpy.float32).reshape(height, width)` makes an array of it.
 *
 * Returns: (transfer full) (nullable): float32 values, row 0 at the top, or %NULL without a map
 *
 * Since: 0.1
 */
GBytes* gst_anomaly_meta_get_map(const GstAnomalyMeta* meta, guint* width, guint* height) {
  g_return_val_if_fail(meta != NULL && width != NULL && height != NULL, NULL);
  *width = meta->map_width;
  *height = meta->map_height;
  if (meta->map == NULL) return NULL;

  gpointer data = NULL;
  gsize size = 0;
  gst_buffer_extract_dup(meta->map, 0, -1, &data, &size);
  return g_bytes_new_take(data, size);
}

/**
 * gst_anomaly_meta_get_map_rectangle:
 * @meta: a #GstAnomalyMeta
 * @x: (out): left edge, in pixels of the frame; negative when the frame was cropped
 * @y: (out): top edge, in pixels of the frame
 * @width: (out): pixels of the frame
 * @height: (out): pixels of the frame
 *
 * The part of the frame that the map spans: the region of interest, or all of it.
 *
 * Returns: whether there is a map
 *
 * Since: 0.1
 */
gboolean gst_anomaly_meta_get_map_rectangle(const GstAnomalyMeta* meta, gdouble* x, gdouble* y,
                                            gdouble* width, gdouble* height) {
  g_return_val_if_fail(meta != NULL, FALSE);
  if (x != NULL) *x = meta->map_x;
  if (y != NULL) *y = meta->map_y;
  if (width != NULL) *width = meta->map_frame_width;
  if (height != NULL) *height = meta->map_frame_height;
  return meta->map != NULL;
}

/**
 * gst_anomaly_meta_crop:
 * @meta: a #GstAnomalyMeta
 * @x: left edge of what is kept, in pixels of the frame
 * @y: top edge of what is kept, in pixels of the frame
 * @width: pixels that are kept
 * @height: pixels that are kept
 *
 * For elements that cut frames: moves the map's rectangle, moves and clips the regions, and removes
 * those that lie outside. The area of a clipped region is an estimate.
 *
 * Since: 0.1
 */
void gst_anomaly_meta_crop(GstAnomalyMeta* meta, gdouble x, gdouble y, gdouble width,
                           gdouble height) {
  g_return_if_fail(meta != NULL);
  const GstAnomalyMapping mapping = gst_anomaly_mapping_of_crop(x, y, width, height);
  gst_anomaly_meta_apply_mapping(meta, &mapping);
}
