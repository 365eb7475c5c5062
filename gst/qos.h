#pragma once

#include <gst/gst.h>

namespace anomalyclip::gst {

/// Ends a QoS event here, and says whether it was one. The base class would drop frames for it if somebody sets `qos`,
/// and elements upstream (videoconvert and decoders, which listen by default) would drop them before they are inspected.
/// A sink that is late is no reason to let a part pass unseen.
inline bool end_qos(GstEvent* event) {
  if (GST_EVENT_TYPE(event) != GST_EVENT_QOS) return false;
  gst_event_unref(event);
  return true;
}

}  // namespace anomalyclip::gst
