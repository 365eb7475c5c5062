/* The plain fields of GstAnomalyMeta: accessors, for languages that do not see C structures, and
 * the structure. */
#include "gstanomalymeta.h"

static const gchar* enum_nick(GType type, gint value) {
  GEnumClass* enum_class = g_type_class_ref(type);
  const GEnumValue* found = g_enum_get_value(enum_class, value);
  const gchar* nick = found != NULL ? found->value_nick : "";
  g_type_class_unref(enum_class); /* the nick is static */
  return nick;
}

/**
 * gst_anomaly_meta_get_status:
 * @meta: a #GstAnomalyMeta
 *
 * Returns: how the frame came to its result
 *
 * Since: 0.1
 */
GstAnomalyStatus gst_anomaly_meta_get_status(const GstAnomalyMeta* meta) {
  g_return_val_if_fail(meta != NULL, GST_ANOMALY_STATUS_FAILED);
  return meta->status;
}

/**
 * gst_anomaly_meta_get_frame_number:
 * @meta: a #GstAnomalyMeta
 *
 * Returns: frames that the inspecting element had seen before this one since it started
 *
 * Since: 0.1
 */
guint64 gst_anomaly_meta_get_frame_number(const GstAnomalyMeta* meta) {
  g_return_val_if_fail(meta != NULL, 0);
  return meta->frame_number;
}

/**
 * gst_anomaly_meta_set_score:
 * @meta: a #GstAnomalyMeta
 * @score: 0 to 1
 * @threshold: 0 to 1, or #GST_ANOMALY_NONE
 * @verdict: what the score means
 *
 * Since: 0.1
 */
void gst_anomaly_meta_set_score(GstAnomalyMeta* meta, gdouble score, gdouble threshold,
                                GstAnomalyVerdict verdict) {
  g_return_if_fail(meta != NULL);
  meta->score = score;
  meta->threshold = threshold;
  meta->verdict = verdict;
}

/**
 * gst_anomaly_meta_get_score:
 * @meta: a #GstAnomalyMeta
 *
 * Returns: 0 to 1, or #GST_ANOMALY_NONE for a frame without a result
 *
 * Since: 0.1
 */
gdouble gst_anomaly_meta_get_score(const GstAnomalyMeta* meta) {
  g_return_val_if_fail(meta != NULL, GST_ANOMALY_NONE);
  return meta->score;
}

/**
 * gst_anomaly_meta_get_threshold:
 * @meta: a #GstAnomalyMeta
 *
 * Returns: the score from which on a frame is anomalous, or #GST_ANOMALY_NONE
 *
 * Since: 0.1
 */
gdouble gst_anomaly_meta_get_threshold(const GstAnomalyMeta* meta) {
  g_return_val_if_fail(meta != NULL, GST_ANOMALY_NONE);
  return meta->threshold;
}

/**
 * gst_anomaly_meta_get_verdict:
 * @meta: a #GstAnomalyMeta
 *
 * Returns: what the score means
 *
 * Since: 0.1
 */
GstAnomalyVerdict gst_anomaly_meta_get_verdict(const GstAnomalyMeta* meta) {
  g_return_val_if_fail(meta != NULL, GST_ANOMALY_VERDICT_UNKNOWN);
  return meta->verdict;
}

/**
 * gst_anomaly_meta_set_pixel_threshold:
 * @meta: a #GstAnomalyMeta
 * @pixel_threshold: 0 to 1, or #GST_ANOMALY_NONE
 *
 * Since: 0.1
 */
void gst_anomaly_meta_set_pixel_threshold(GstAnomalyMeta* meta, gdouble pixel_threshold) {
  g_return_if_fail(meta != NULL);
  meta->pixel_threshold = pixel_threshold;
}

/**
 * gst_anomaly_meta_get_pixel_threshold:
 * @meta: a #GstAnomalyMeta
 *
 * Returns: the value of the map from which on a pixel lies in a region, or #GST_ANOMALY_NONE
 *
 * Since: 0.1
 */
gdouble gst_anomaly_meta_get_pixel_threshold(const GstAnomalyMeta* meta) {
  g_return_val_if_fail(meta != NULL, GST_ANOMALY_NONE);
  return meta->pixel_threshold;
}

/**
 * gst_anomaly_meta_set_latency:
 * @meta: a #GstAnomalyMeta
 * @latency: time that the frame spent in the element
 *
 * Since: 0.1
 */
void gst_anomaly_meta_set_latency(GstAnomalyMeta* meta, GstClockTime latency) {
  g_return_if_fail(meta != NULL);
  meta->latency = latency;
}

/**
 * gst_anomaly_meta_get_latency:
 * @meta: a #GstAnomalyMeta
 *
 * Returns: time that the frame spent in the inspecting element
 *
 * Since: 0.1
 */
GstClockTime gst_anomaly_meta_get_latency(const GstAnomalyMeta* meta) {
  g_return_val_if_fail(meta != NULL, 0);
  return meta->latency;
}

/**
 * gst_anomaly_meta_set_names:
 * @meta: a #GstAnomalyMeta
 * @model: (nullable): name of the model
 * @prompts: (nullable): name of the prompts
 *
 * Since: 0.1
 */
void gst_anomaly_meta_set_names(GstAnomalyMeta* meta, const gchar* model, const gchar* prompts) {
  g_return_if_fail(meta != NULL);
  g_clear_pointer(&meta->model, g_ref_string_release);
  g_clear_pointer(&meta->prompts, g_ref_string_release);
  /* Interned: a stream says the same two names with every frame. */
  if (model != NULL) meta->model = g_ref_string_new_intern(model);
  if (prompts != NULL) meta->prompts = g_ref_string_new_intern(prompts);
}

/**
 * gst_anomaly_meta_get_model:
 * @meta: a #GstAnomalyMeta
 *
 * Returns: (nullable): the name of the model that inspected the frame
 *
 * Since: 0.1
 */
const gchar* gst_anomaly_meta_get_model(const GstAnomalyMeta* meta) {
  g_return_val_if_fail(meta != NULL, NULL);
  return meta->model;
}

/**
 * gst_anomaly_meta_get_prompts:
 * @meta: a #GstAnomalyMeta
 *
 * Returns: (nullable): the name of the prompts that the frame was inspected with
 *
 * Since: 0.1
 */
const gchar* gst_anomaly_meta_get_prompts(const GstAnomalyMeta* meta) {
  g_return_val_if_fail(meta != NULL, NULL);
  return meta->prompts;
}

/**
 * gst_anomaly_meta_has_geometry:
 * @meta: a #GstAnomalyMeta
 *
 * Returns: %FALSE when an element on the way has cut, turned or mirrored the frame without saying
 * how, so that regions and map were given up
 *
 * Since: 0.1
 */
gboolean gst_anomaly_meta_has_geometry(const GstAnomalyMeta* meta) {
  g_return_val_if_fail(meta != NULL, FALSE);
  return meta->has_geometry;
}

static void append_region(GValue* regions, const GstAnomalyRegion* region) {
  GValue value = G_VALUE_INIT;
  g_value_init(&value, GST_TYPE_STRUCTURE);
  g_value_take_boxed(&value,
                     gst_structure_new("region", "x", G_TYPE_DOUBLE, region->x, "y", G_TYPE_DOUBLE,
                                       region->y, "width", G_TYPE_DOUBLE, region->width, "height",
                                       G_TYPE_DOUBLE, region->height, "score", G_TYPE_DOUBLE,
                                       region->score, "area", G_TYPE_DOUBLE, region->area, NULL));
  gst_value_array_append_and_take_value(regions, &value);
}

/**
 * gst_anomaly_meta_to_structure:
 * @meta: a #GstAnomalyMeta
 *
 * Everything but the map, to be put in a message or printed: a structure `anomaly` with the fields
 * `frame` (uint64), `status` and `verdict` (strings), `score`, `threshold` and `pixel-threshold`
 * (double, -1 where there is none), `latency` (uint64, nanoseconds), `model`, `prompts`, and
 * `regions`, an array of structures.
 *
 * Returns: (transfer full): a new structure
 *
 * Since: 0.1
 */
GstStructure* gst_anomaly_meta_to_structure(const GstAnomalyMeta* meta) {
  g_return_val_if_fail(meta != NULL, NULL);
  GstStructure* structure = gst_structure_new(
      "anomaly", "frame", G_TYPE_UINT64, meta->frame_number, "status", G_TYPE_STRING,
      enum_nick(GST_TYPE_ANOMALY_STATUS, meta->status), "verdict", G_TYPE_STRING,
      enum_nick(GST_TYPE_ANOMALY_VERDICT, meta->verdict), "score", G_TYPE_DOUBLE, meta->score,
      "threshold", G_TYPE_DOUBLE, meta->threshold, "pixel-threshold", G_TYPE_DOUBLE,
      meta->pixel_threshold, "latency", G_TYPE_UINT64, meta->latency, "model", G_TYPE_STRING,
      meta->model, "prompts", G_TYPE_STRING, meta->prompts, NULL);

  GValue regions = G_VALUE_INIT;
  gst_value_array_init(&regions, gst_anomaly_meta_get_n_regions(meta));
  for (guint i = 0; i < gst_anomaly_meta_get_n_regions(meta); ++i)
    append_region(&regions, gst_anomaly_meta_get_region(meta, i));
  gst_structure_take_value(structure, "regions", &regions);
  return structure;
}
