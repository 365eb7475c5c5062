#pragma once

#include <string>

#include <gst/anomaly/gstanomaly.h>

#include "settings.h"

namespace anomalyclip::gst {

/// Posts the element message `anomaly` if the setting asks for it: what
/// gst_anomaly_meta_to_structure() says, and the frame's `pts`, `stream-time` and `running-time`.
void post_anomaly(GstElement* element, const GstSegment& segment, GstBuffer* buffer,
                  const GstAnomalyMeta* meta, Messages which);

/// Posts `anomaly-prompts`: from the frame with this `pts` and number on, the prompts `prompts` of
/// `location` are used.
void post_prompts_switched(GstElement* element, const std::string& name, const std::string& path,
                           GstClockTime pts, guint64 frame_number);

/// Posts `anomaly-overload`: from this frame on frames are skipped; `frames-skipped` were before.
void post_overload(GstElement* element, GstClockTime pts, guint64 frame_number,
                   guint64 frames_skipped);

}  // namespace anomalyclip::gst
