#pragma once

#include <gst/anomaly/gstanomaly.h>
#include <gst/video/video.h>

#include "settings.h"

namespace anomalyclip::gst {

/// Draws an inspection on its frame, in place. The buffer must be writable; its memory is copied
/// where others use it too.
/// @throws Error kRead when the frame cannot be mapped
void draw_inspection(GstBuffer* buffer, const GstVideoInfo& info, const GstAnomalyMeta* meta,
                     const OverlaySettings& settings);

}  // namespace anomalyclip::gst
