#include "score/score_report.h"

#include <algorithm>
#include <cstdio>

#include <nlohmann/json.hpp>

namespace anomalyclip::trainer {
namespace {

using Json = nlohmann::ordered_json;

const char* name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kNormal:
      return "normal";
    case Verdict::kAnomalous:
      return "anomalous";
    case Verdict::kUnknown:
      break;
  }
  return "unknown";
}

Json to_json(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json to_json(const std::vector<Region>& regions) {
  Json list = Json::array();
  for (const Region& region : regions)
    list.push_back({{"x", region.box.x},
                    {"y", region.box.y},
                    {"w", region.box.width},
                    {"h", region.box.height},
                    {"score", region.score},
                    {"area", region.area}});
  return list;
}

std::string format_row(const ScoredImage& image) {
  char columns[64];
  if (const AnomalyResult* result = image.result())
    std::snprintf(columns, sizeof columns, "%8.5f  %-9s  %7zu  ", result->score,
                  name_of(result->verdict), result->regions.size());
  else
    std::snprintf(columns, sizeof columns, "%8s  %-9s  %7s  ", "-", "failed", "-");
  return columns + image.path +
         (image.result() ? "" : ": " + std::get<std::string>(image.outcome)) + "\n";
}

}  // namespace

std::string to_json_line(const ScoredImage& image, const ModelInfo& model, const Prompts& prompts) {
  Json record = {{"image", image.path}};
  if (const AnomalyResult* result = image.result()) {
    record["status"] = "inspected";
    record["score"] = result->score;
    record["verdict"] = name_of(result->verdict);
    record["threshold"] = to_json(result->threshold);
    record["regions"] = to_json(result->regions);
    record["latency_ms"] = result->timings.total;
  } else {
    record["status"] = "failed";
    record["error"] = std::get<std::string>(image.outcome);
  }
  record["model"] = model.name;
  record["prompts"] = prompts.name;
  // Paths need not be UTF-8; a record is never lost for that.
  return record.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string to_table(const std::vector<ScoredImage>& images) {
  std::string table = "   score  verdict    regions  image\n";
  std::size_t anomalous = 0, failed = 0;
  for (const ScoredImage& image : images) {
    table += format_row(image);
    failed += image.result() == nullptr;
    anomalous += image.result() && image.result()->verdict == Verdict::kAnomalous;
  }
  return table + std::to_string(images.size()) + " images, " + std::to_string(anomalous) +
         " anomalous, " + std::to_string(failed) + " failed\n";
}

}  // namespace anomalyclip::trainer
