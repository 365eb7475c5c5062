#include "metadata.h"

#include <utility>

#include <gst/video/gstvideometa.h>

namespace anomalyclip::gst {
namespace {

using SharedMap = std::shared_ptr<const AnomalyMap>;

/// A buffer that keeps the map alive.
UniqueBuffer wrap(const SharedMap& map) {
  if (!map) return nullptr;
  const gsize size = map->values.size() * sizeof(float);
  return UniqueBuffer(gst_buffer_new_wrapped_full(
      GST_MEMORY_FLAG_READONLY, const_cast<float*>(map->values.data()), size, 0, size,
      new SharedMap(map), [](gpointer owner) { delete static_cast<SharedMap*>(owner); }));
}

GstAnomalyVerdict to_gst(Verdict verdict) {
  switch (verdict) {
    case Verdict::kNormal:
      return GST_ANOMALY_VERDICT_NORMAL;
    case Verdict::kAnomalous:
      return GST_ANOMALY_VERDICT_ANOMALOUS;
    case Verdict::kUnknown:
      break;
  }
  return GST_ANOMALY_VERDICT_UNKNOWN;
}

void put_result(GstAnomalyMeta* meta, const Inspection& inspection,
                std::optional<double> threshold) {
  const AnomalyResult& result = inspection.result;
  gst_anomaly_meta_set_score(meta, result.score, threshold.value_or(GST_ANOMALY_NONE),
                             to_gst(inspection.verdict_at(threshold)));
  gst_anomaly_meta_set_pixel_threshold(meta, result.pixel_threshold.value_or(GST_ANOMALY_NONE));
  for (const Region& region : result.regions) {
    const GstAnomalyRegion copy{double(region.box.x),     double(region.box.y),
                                double(region.box.width), double(region.box.height),
                                double(region.score),     double(region.area)};
    gst_anomaly_meta_add_region(meta, &copy);
  }
  if (inspection.map) {
    const AnomalyMap& map = *result.map;
    gst_anomaly_meta_set_map(meta, inspection.map.get(), guint(map.width), guint(map.height),
                             map.covers.x, map.covers.y, map.covers.width, map.covers.height);
  }
}

}  // namespace

Inspection::Inspection(AnomalyResult r, std::string p)
    : result(std::move(r)), map(wrap(result.map)), prompts(std::move(p)) {}

Verdict Inspection::verdict_at(std::optional<double> threshold) const {
  if (threshold == result.threshold) return result.verdict;
  if (!threshold) return Verdict::kUnknown;
  return result.score >= *threshold ? Verdict::kAnomalous : Verdict::kNormal;
}

GstAnomalyMeta* attach_anomaly(GstBuffer* buffer, GstAnomalyStatus status, guint64 frame_number,
                               const Inspection* inspection, std::optional<double> threshold) {
  GstAnomalyMeta* meta = gst_buffer_add_anomaly_meta(buffer, status, frame_number);
  if (inspection) put_result(meta, *inspection, threshold);
  return meta;
}

void attach_regions_of_interest(GstBuffer* buffer, const AnomalyResult& result) {
  for (const Region& region : result.regions) {
    GstVideoRegionOfInterestMeta* roi = gst_buffer_add_video_region_of_interest_meta(
        buffer, "anomaly", guint(region.box.x), guint(region.box.y), guint(region.box.width),
        guint(region.box.height));
    gst_video_region_of_interest_meta_add_param(
        roi, gst_structure_new("anomaly", "score", G_TYPE_DOUBLE, double(region.score), "area",
                               G_TYPE_INT64, gint64(region.area), nullptr));
  }
}

}  // namespace anomalyclip::gst
