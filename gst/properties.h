#pragma once

#include <gst/gst.h>

#include "overlay_properties.h"
#include "settings.h"

namespace anomalyclip::gst {

/// Ids of anomalyclip's properties.
enum Property : guint {
  kPropNone,
  kPropModel,
  kPropPrompts,
  kPropDevice,
  kPropPrecision,
  kPropImageSize,
  kPropScore,
  kPropThreshold,
  kPropPixelThreshold,
  kPropRoi,
  kPropRoiKeepScale,
  kPropInterval,
  kPropSkipUnchanged,
  kPropOverload,
  kPropAttachMap,
  kPropModelInstanceId,
  kPropBatchSize,
  kPropBatchTimeout,
  kPropQueueDepth,
  kPropThreads,
  kPropModelCacheDir,
  kPropMessages,
  kPropLatencyReport,
  kPropStats,
  kPropOverlayFirst,
};

void install_properties(GObjectClass* object_class);

/// Writes a property into the settings, or reads it from there; `stats` is not among them.
void set_property(Settings& settings, guint id, const GValue* value);
void get_property(const Settings& settings, guint id, GValue* value);

/// Whether a change takes effect at the next start only.
bool read_at_start(guint id);

}  // namespace anomalyclip::gst
