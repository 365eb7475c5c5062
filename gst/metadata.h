#pragma once

#include <memory>
#include <optional>
#include <string>

#include <gst/anomaly/gstanomaly.h>

#include <anomalyclip/result.h>

#include "handles.h"

namespace anomalyclip::gst {

/// What one inspection gave, as frames share it.
struct Inspection {
  AnomalyResult result;
  UniqueBuffer map;     ///< the result's map, without a copy; null without one
  std::string prompts;  ///< name

  Inspection(AnomalyResult result, std::string prompts);

  /// The verdict at another threshold than that of the inspection.
  Verdict verdict_at(std::optional<double> threshold) const;
};

/// Attaches what a frame got.
/// @param inspection  null for a frame without a result
/// @param threshold   that the verdict is taken with
GstAnomalyMeta* attach_anomaly(GstBuffer* buffer, GstAnomalyStatus status, guint64 frame_number,
                               const Inspection* inspection, std::optional<double> threshold);

/// Attaches a GstVideoRegionOfInterestMeta of type `anomaly`, with a parameter `anomaly` that holds
/// `score` and `area`, for each region.
void attach_regions_of_interest(GstBuffer* buffer, const AnomalyResult& result);

}  // namespace anomalyclip::gst
