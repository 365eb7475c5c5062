#include "result_writer.h"

#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <ctime>

#include <nlohmann/json.hpp>

#include <anomalyclip/error.h>

namespace anomalyclip::gst {
namespace {

using Json = nlohmann::ordered_json;

Json number_or_null(double value) {
  return value < 0 ? Json(nullptr) : Json(value);
}

Json text_or_null(const char* text) {
  return text ? Json(text) : Json(nullptr);
}

/// Six digits: a score has no more, and a line stays readable.
double rounded(double value, double digits = 1e6) {
  return std::round(value * digits) / digits;
}

std::string utc_now() {
  using namespace std::chrono;
  const auto now = system_clock::now();
  const std::time_t seconds = system_clock::to_time_t(now);
  const auto ms = duration_cast<milliseconds>(now.time_since_epoch()).count() % 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  const std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text + length, sizeof text - length, ".%03dZ", static_cast<int>(ms));
  return text;
}

Json regions_of(const GstAnomalyMeta* meta) {
  Json regions = Json::array();
  for (guint i = 0; i < gst_anomaly_meta_get_n_regions(meta); ++i) {
    const GstAnomalyRegion& r = *gst_anomaly_meta_get_region(meta, i);
    regions.push_back({{"x", rounded(r.x, 1e3)},
                       {"y", rounded(r.y, 1e3)},
                       {"w", rounded(r.width, 1e3)},
                       {"h", rounded(r.height, 1e3)},
                       {"score", rounded(r.score)},
                       {"area", rounded(r.area, 1e3)}});
  }
  return regions;
}

}  // namespace

std::string to_json(const GstAnomalyMeta* meta, const std::string& stream, GstClockTime pts,
                    const std::string& map) {
  static constexpr const char* kStatus[] = {"inspected", "reused", "skipped", "failed"};
  static constexpr const char* kVerdict[] = {"unknown", "normal", "anomalous"};
  Json record = {{"stream", stream},
                 {"frame", gst_anomaly_meta_get_frame_number(meta)},
                 {"pts_ns", GST_CLOCK_TIME_IS_VALID(pts) ? Json(pts) : Json(nullptr)},
                 {"utc", utc_now()},
                 {"status", kStatus[gst_anomaly_meta_get_status(meta)]},
                 {"score", number_or_null(rounded(gst_anomaly_meta_get_score(meta)))},
                 {"verdict", kVerdict[gst_anomaly_meta_get_verdict(meta)]},
                 {"threshold", number_or_null(gst_anomaly_meta_get_threshold(meta))},
                 {"regions", regions_of(meta)},
                 {"latency_ms", rounded(double(gst_anomaly_meta_get_latency(meta)) / 1e6, 1e3)},
                 {"model", text_or_null(gst_anomaly_meta_get_model(meta))},
                 {"prompts", text_or_null(gst_anomaly_meta_get_prompts(meta))}};
  if (!map.empty()) record["map"] = map;
  // A name in another encoding must not cost a record.
  return record.dump(-1, ' ', false, Json::error_handler_t::replace);
}

LineFile::LineFile(const std::string& location, bool append)
    : file_(location == "-" ? stdout : std::fopen(location.c_str(), append ? "ae" : "we")) {
  if (!file_)
    throw Error(ErrorCode::kNotFound,
                "The file " + location + " cannot be written: " + std::strerror(errno) + ".");
}

LineFile::~LineFile() {
  if (file_ != stdout) std::fclose(file_);
}

bool LineFile::write(const std::string& line) {
  const std::string whole = line + '\n';
  return std::fwrite(whole.data(), 1, whole.size(), file_) == whole.size() &&
         std::fflush(file_) == 0;
}

}  // namespace anomalyclip::gst
