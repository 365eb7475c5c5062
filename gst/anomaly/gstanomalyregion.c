#include "gstanomalyregion.h"

G_DEFINE_BOXED_TYPE(GstAnomalyRegion, gst_anomaly_region, gst_anomaly_region_copy,
                    gst_anomaly_region_free)

/**
 * gst_anomaly_region_copy:
 * @region: a #GstAnomalyRegion
 *
 * Returns: (transfer full): a copy of @region
 *
 * Since: 0.1
 */
GstAnomalyRegion* gst_anomaly_region_copy(const GstAnomalyRegion* region) {
  g_return_val_if_fail(region != NULL, NULL);
  return g_memdup2(region, sizeof *region);
}

/**
 * gst_anomaly_region_free:
 * @region: (transfer full): a #GstAnomalyRegion
 *
 * Frees what gst_anomaly_region_copy() made.
 *
 * Since: 0.1
 */
void gst_anomaly_region_free(GstAnomalyRegion* region) {
  g_free(region);
}
