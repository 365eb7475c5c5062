#include "map_files.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <span>

#include <anomalyclip/error.h>
#include <anomalyclip/map_file.h>

namespace anomalyclip::gst {

namespace {

std::string now() {
  g_autoptr(GDateTime) time = g_date_time_new_now_utc();
  g_autofree char* text = g_date_time_format(time, "%Y%m%dT%H%M%S.%f");
  return text;
}

}  // namespace

MapFiles::MapFiles(const std::string& folder, const std::string& stream)
    : folder_(folder), prefix_(stream + "-" + now()) {
  std::replace(prefix_.begin(), prefix_.end(), '/', '_');  // a name, not a path
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure)
    throw Error(ErrorCode::kNotFound,
                "The folder " + folder + " for maps cannot be made: " + failure.message() + ".");
}

std::string MapFiles::write(const GstAnomalyMeta* meta) const {
  if (gst_anomaly_meta_get_status(meta) != GST_ANOMALY_STATUS_INSPECTED) return {};
  guint width = 0, height = 0;
  g_autoptr(GBytes) map = gst_anomaly_meta_get_map(meta, &width, &height);
  if (!map) return {};
  gsize bytes = 0;
  const auto* values = static_cast<const float*>(g_bytes_get_data(map, &bytes));
  char frame[32];
  std::snprintf(frame, sizeof frame, "-%08llu.png",
                static_cast<unsigned long long>(gst_anomaly_meta_get_frame_number(meta)));
  save_map_png(folder_ + "/" + prefix_ + frame, std::span(values, bytes / sizeof(float)),
               static_cast<int>(width), static_cast<int>(height));
  return prefix_ + frame;
}

}  // namespace anomalyclip::gst
