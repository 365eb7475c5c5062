#include "gstanomalycarrier.h"

#include "gstanomalymetaprivate.h"

/* GstAnomalyMeta is tagged "video", "orientation" and "size": that makes videoscale ask it to scale
 * itself, encoders keep it, and every filter that moves pixels without telling how (videocrop,
 * videoflip, videobox of GStreamer 1.22) drop it. The carrier is a second, empty meta without tags,
 * which such filters do copy. Copied to a buffer that has come without its GstAnomalyMeta, it puts
 * that back, less the geometry that is no longer known. */

static GType carrier_api_get_type(void) {
  static gsize type = 0;
  static const gchar* tags[] = {NULL};
  if (g_once_init_enter(&type)) {
    const GType registered = gst_meta_api_type_register("GstAnomalyCarrierMetaAPI", tags);
    g_once_init_leave(&type, registered);
  }
  return type;
}

static gboolean carrier_transform(GstBuffer* target, GstMeta* meta, GstBuffer* source, GQuark type,
                                  gpointer data) {
  (void)meta;
  (void)type;
  (void)data;
  if (gst_buffer_get_anomaly_meta(target) == NULL) {
    gpointer state = NULL;
    GstMeta* found;
    while ((found = gst_buffer_iterate_meta_filtered(source, &state, GST_ANOMALY_META_API_TYPE)) !=
           NULL)
      gst_anomaly_meta_copy_to(target, (const GstAnomalyMeta*)found, FALSE);
  }
  gst_buffer_ensure_anomaly_carrier(target);
  return TRUE;
}

static gboolean carrier_init(GstMeta* meta, gpointer params, GstBuffer* buffer) {
  (void)meta;
  (void)params;
  (void)buffer;
  return TRUE;
}

static const GstMetaInfo* carrier_get_info(void) {
  static const GstMetaInfo* info = NULL;
  if (g_once_init_enter((GstMetaInfo**)&info)) {
    const GstMetaInfo* registered =
        gst_meta_register(carrier_api_get_type(), "GstAnomalyCarrierMeta", sizeof(GstMeta),
                          carrier_init, NULL, carrier_transform);
    g_once_init_leave((GstMetaInfo**)&info, (GstMetaInfo*)registered);
  }
  return info;
}

void gst_buffer_ensure_anomaly_carrier(GstBuffer* buffer) {
  if (gst_buffer_get_meta(buffer, carrier_api_get_type()) == NULL)
    gst_buffer_add_meta(buffer, carrier_get_info(), NULL);
}
