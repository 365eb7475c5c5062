#pragma once

#include <gst/gst.h>

#include "settings.h"

namespace anomalyclip::gst {

/// The properties that say how to draw, which anomalyclip and anomalyoverlay share: `overlay`,
/// `overlay-opacity`, `colormap` and `show-label`, under the ids from `first_id` on.
inline constexpr guint kOverlayProperties = 4;
void install_overlay_properties(GObjectClass* object_class, guint first_id,
                                Overlay default_overlay);

/// @param offset  id of the property less `first_id`
void set_overlay_property(OverlaySettings& settings, guint offset, const GValue* value);
void get_overlay_property(const OverlaySettings& settings, guint offset, GValue* value);

}  // namespace anomalyclip::gst
