#pragma once

#include <gst/base/gstbasetransform.h>

namespace anomalyclip::gst {

/// Passes a QoS event upstream past the base class, which would drop frames for it if somebody sets `qos`. No frame is
/// ever dropped by an element of this plugin.
/// @return whether it was one; it is taken then, and `result` holds what upstream said
inline bool pass_qos(GstBaseTransform* trans, GstEvent* event, gboolean* result) {
  if (GST_EVENT_TYPE(event) != GST_EVENT_QOS) return false;
  *result = gst_pad_push_event(GST_BASE_TRANSFORM_SINK_PAD(trans), event);
  return true;
}

}  // namespace anomalyclip::gst
