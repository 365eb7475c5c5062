#pragma once

/* Everything that libgstanomaly-1.0 offers. */
#include <gst/anomaly/gstanomalymeta.h>
#include <gst/anomaly/gstanomalyregion.h>
