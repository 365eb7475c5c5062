#pragma once

#include <gst/gst.h>

namespace anomalyclip::gst {

/// Types of the enumerations among the properties; values equal those of the C++ enumerations.
GType precision_type();
GType score_type();  ///< -1: the prompts'; else a ScoreMode
GType overload_type();
GType overlay_type();
GType colormap_type();
GType messages_type();

}  // namespace anomalyclip::gst
