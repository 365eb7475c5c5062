#pragma once

#include <gst/gst.h>

#ifndef GST_ANOMALY_API
#ifdef BUILDING_GST_ANOMALY
#define GST_ANOMALY_API GST_API_EXPORT
#else
#define GST_ANOMALY_API GST_API_IMPORT
#endif
#endif
