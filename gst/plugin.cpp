#include "elements.h"

static gboolean plugin_init(GstPlugin* plugin) {
  gboolean any = FALSE;
  any |= GST_ELEMENT_REGISTER(anomalyclip, plugin);
  any |= GST_ELEMENT_REGISTER(anomalyoverlay, plugin);
  any |= GST_ELEMENT_REGISTER(anomalypublish, plugin);
  return any;
}

#define PACKAGE "gst-anomalyclip"
GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, anomalyclip,
                  "Zero-shot anomaly inspection of video with AnomalyCLIP", plugin_init,
                  ANOMALYCLIP_VERSION, "MIT/X11", "gst-anomalyclip", "Unknown package origin")
