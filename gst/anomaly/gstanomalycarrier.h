#pragma once

/* What brings a verdict through elements that drop metadata about sizes. Not installed. */
#include <gst/gst.h>

G_BEGIN_DECLS

/* Puts a carrier on the buffer unless it has one. */
void gst_buffer_ensure_anomaly_carrier(GstBuffer* buffer);

G_END_DECLS
