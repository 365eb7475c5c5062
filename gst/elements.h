#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

GST_ELEMENT_REGISTER_DECLARE(anomalyclip)
GST_ELEMENT_REGISTER_DECLARE(anomalyoverlay)
GST_ELEMENT_REGISTER_DECLARE(anomalypublish)

G_END_DECLS
