#pragma once

#include "gstanomalymeta.h"

G_BEGIN_DECLS

/* Adds a copy of meta to target, with or without regions and map. */
GstAnomalyMeta* gst_anomaly_meta_copy_to(GstBuffer* target, const GstAnomalyMeta* meta,
                                         gboolean with_geometry);

G_END_DECLS
