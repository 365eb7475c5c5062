#include "eval/tables.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

#include <nlohmann/json.hpp>

#include "eval/published.h"

namespace anomalyclip::trainer {
namespace {

using Json = nlohmann::ordered_json;

std::string percent(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", 100 * value);
  return text;
}

std::string exact(double value) {
  if (std::isnan(value)) return "";
  char text[32];
  std::snprintf(text, sizeof text, "%.6f", 100 * value);
  return text;
}

std::string quoted(const std::string& field) {
  if (field.find_first_of(",\"\n") == field.npos) return field;
  std::string out = "\"";
  for (const char c : field) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  out += '"';
  return out;
}

/// The bar would end a cell.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

std::string table(const DataSetResult& data, const CandidateResult& candidate,
                  const std::string& paper_set) {
  const std::vector<Metric> metrics = metrics_in(data);
  std::string out = "| class | good | anomalous |";
  for (const Metric& metric : metrics) out += std::string(" ") + metric.title + " |";
  out += "\n|---|---:|---:|";
  for (std::size_t i = 0; i < metrics.size(); ++i) out += "---:|";
  out += "\n";
  int good = 0, anomalous = 0;
  const auto row = [&](const std::string& name, int goods, int bads, const Numbers& numbers,
                       const std::string& key) {
    // Appended piece by piece: GCC 12 warns of an overlap in `"| " + std::string()` that there is not.
    for (const std::string& text : {escaped(name), std::to_string(goods), std::to_string(bads)})
      out.append("| ").append(text).append(" ");
    out += "|";
    for (const Metric& metric : metrics)
      out.append(" ").append(cell(numbers, metric, paper_set, key, candidate.method)).append(" |");
    out += "\n";
  };
  for (const ClassResult& one : candidate.classes) {
    row(one.name, one.good, one.anomalous, one.numbers, one.name);
    good += one.good;
    anomalous += one.anomalous;
  }
  row("**mean**", good, anomalous, candidate.mean, "mean");
  return out;
}

std::string csv_rows(const DataSetResult& data, const CandidateResult& candidate,
                     const std::string& class_name, std::size_t images, const Numbers& numbers,
                     const std::string& paper_set) {
  std::string out;
  for (const Metric& metric : all_metrics()) {
    const double value = metric.of(numbers);
    if (std::isnan(value)) continue;
    out += quoted(data.name) + "," + quoted(candidate.name) + "," + quoted(candidate.method) + "," +
           quoted(class_name) + "," + std::to_string(images) + "," + metric.key + "," +
           exact(value) + ",";
    if (const metrics::Interval* interval = metric.interval(numbers))
      out += exact(interval->low) + "," + exact(interval->high);
    else
      out += ",";
    const auto paper = published(paper_set, class_name, candidate.method, metric.key);
    char number[32] = "";
    if (paper) std::snprintf(number, sizeof number, "%.1f", paper->percent);
    out += std::string(",") + number + "," + (paper ? "Table " + paper->table : "") + "\n";
  }
  return out;
}

Json to_json(const Numbers& numbers, const std::string& paper_set, const std::string& class_name,
             const std::string& method) {
  Json out = Json::object();
  for (const Metric& metric : all_metrics()) {
    const double value = metric.of(numbers);
    if (std::isnan(value)) continue;
    Json& one = out[metric.key] = {{"percent", 100 * value}};
    if (const metrics::Interval* interval = metric.interval(numbers))
      one["interval_95"] = {100 * interval->low, 100 * interval->high};
    if (const auto paper = published(paper_set, class_name, method, metric.key)) {
      one["paper"] = paper->percent;
      one["paper_table"] = paper->table;
    }
  }
  return out;
}

Json to_json(const CandidateResult& candidate, const std::string& paper_set) {
  Json out = {{"name", candidate.name}, {"method", candidate.method}};
  if (candidate.threshold) out["threshold"] = *candidate.threshold;
  out["mean"] = to_json(candidate.mean, paper_set, "mean", candidate.method);
  for (const ClassResult& one : candidate.classes) {
    Json samples = Json::array();
    for (const SampleScore& sample : one.samples)
      samples.push_back({{"image", sample.sample.image},
                         {"defect", sample.sample.defect},
                         {"anomalous", sample.sample.anomalous},
                         {"score", sample.score}});
    out["classes"].push_back(
        {{"name", one.name},
         {"good", one.good},
         {"anomalous", one.anomalous},
         {"with_mask", one.with_mask},
         {"metrics", to_json(one.numbers, paper_set, one.name, candidate.method)},
         {"images", std::move(samples)}});
  }
  return out;
}

std::string paper_set_of(const DataSetResult& data, bool against_paper) {
  return against_paper ? paper_name(data) : "";
}

}  // namespace

std::string cell(const Numbers& numbers, const Metric& metric, const std::string& paper_set,
                 const std::string& class_name, const std::string& method) {
  const double value = metric.of(numbers);
  const auto paper = published(paper_set, class_name, method, metric.key);
  std::string out = std::isnan(value) ? "–" : percent(value);
  if (const metrics::Interval* interval = metric.interval(numbers); interval && !std::isnan(value))
    out += " (" + percent(interval->low) + "–" + percent(interval->high) + ")";
  if (paper) out += " [" + percent(paper->percent / 100) + "]";
  return out;
}

std::vector<Metric> metrics_in(const DataSetResult& data) {
  std::vector<Metric> out;
  for (const Metric& metric : all_metrics())
    if (std::any_of(data.candidates.begin(), data.candidates.end(),
                    [&](const auto& candidate) { return !std::isnan(metric.of(candidate.mean)); }))
      out.push_back(metric);
  return out;
}

std::string paper_note(const DataSetResult& data) {
  const std::string paper_set = paper_name(data);
  std::set<int> tables;
  for (const CandidateResult& candidate : data.candidates)
    for (const Metric& metric : all_metrics()) {
      std::vector<std::string> names = {"mean"};
      for (const ClassResult& one : candidate.classes) names.push_back(one.name);
      for (const std::string& name : names)
        if (const auto paper = published(paper_set, name, candidate.method, metric.key))
          tables.insert(std::stoi(paper->table));
    }
  if (tables.empty())
    return "The paper has no number for this data set (as a whole) with these methods.";
  std::string out = "In brackets: the AnomalyCLIP paper's number for " + paper_set + ", Table";
  if (tables.size() > 1) out += "s";
  for (const int table : tables)
    out += (table == *tables.begin() ? " " : ", ") + std::to_string(table);
  return out + ".";
}

std::string to_markdown(const Evaluation& evaluation, bool against_paper) {
  std::string out;
  for (const DataSetResult& data : evaluation.data_sets) {
    for (const CandidateResult& candidate : data.candidates) {
      out += "### " + data.name + ": " + candidate.name;
      if (candidate.method != candidate.name) out += " (" + candidate.method + ")";
      out += "\n\n" + table(data, candidate, paper_set_of(data, against_paper)) + "\n";
    }
    if (against_paper) out += paper_note(data) + "\n\n";
    if (data.problems.empty()) continue;
    out += "Problems with " + data.name + ":\n\n";
    for (const Problem& problem : data.problems)
      out += "* `" + problem.file + "`: " + problem.what + "\n";
    out += "\n";
  }
  return out;
}

std::string to_csv(const Evaluation& evaluation, bool against_paper) {
  std::string out =
      "data set,candidate,method,class,images,metric,percent,low 95,high 95,paper,paper table\n";
  for (const DataSetResult& data : evaluation.data_sets) {
    const std::string paper_set = paper_set_of(data, against_paper);
    for (const CandidateResult& candidate : data.candidates) {
      std::size_t images = 0;
      for (const ClassResult& one : candidate.classes) {
        out += csv_rows(data, candidate, one.name, one.samples.size(), one.numbers, paper_set);
        images += one.samples.size();
      }
      out += csv_rows(data, candidate, "mean", images, candidate.mean, paper_set);
    }
  }
  return out;
}

std::string to_json(const Evaluation& evaluation, bool against_paper) {
  const Speed& speed = evaluation.speed;
  Json out = {{"model", evaluation.model},
              {"version", ANOMALYCLIP_VERSION},
              {"speed",
               {{"images", speed.images},
                {"seconds", speed.seconds},
                {"read_ms", speed.read},
                {"preprocess_ms", speed.preprocess},
                {"encode_ms", speed.encode},
                {"map_and_score_ms", speed.map_and_score}}}};
  for (const DataSetResult& data : evaluation.data_sets) {
    Json one = {{"name", data.name}, {"problems", Json::array()}};
    for (const Problem& problem : data.problems)
      one["problems"].push_back({{"file", problem.file}, {"what", problem.what}});
    for (const CandidateResult& candidate : data.candidates)
      one["candidates"].push_back(to_json(candidate, paper_set_of(data, against_paper)));
    out["data_sets"].push_back(std::move(one));
  }
  // Paths need not be UTF-8; a report is never lost for that.
  return out.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace anomalyclip::trainer
