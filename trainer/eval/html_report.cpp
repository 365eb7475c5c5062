#include "eval/html_report.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "eval/charts.h"
#include "eval/published.h"
#include "eval/tables.h"

namespace anomalyclip::trainer {
namespace {

constexpr const char* kStyle = R"css(
body { font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; margin: 2em auto; max-width: 1180px; padding: 0 1em; color: #1c2430; }
h1 { font-size: 1.6em } h2 { margin-top: 2em; border-bottom: 2px solid #d5dbe3 } h3 { margin-top: 1.6em }
table { border-collapse: collapse; margin: .8em 0; font-variant-numeric: tabular-nums; font-size: .92em }
th, td { padding: .25em .7em; border-bottom: 1px solid #e2e7ee; text-align: right } th:first-child, td:first-child { text-align: left }
tr.mean td { font-weight: 600; border-top: 2px solid #9aa5b4 }
.row { display: flex; flex-wrap: wrap; gap: 1.2em; align-items: flex-start }
.chart text { font-size: 10px; fill: #48525f } .chart .title text { font-size: 12px; font-weight: 600 }
.chart .frame { fill: #fbfcfe; stroke: #9aa5b4 } .chart polyline { fill: none; stroke-width: 2 }
.chart .curve { stroke: #1f5fbf } .chart .chance { stroke: #c5ccd6; stroke-dasharray: 4 4 } .chart .threshold { stroke: #1c2430; stroke-dasharray: 3 3 }
.chart .good { fill: #2e9e5b; opacity: .55 } .chart .bad { fill: #d03a3a; opacity: .55 }
figure { margin: 0; border: 1px solid #e2e7ee; border-radius: 6px; padding: .5em } figure img { height: 110px; margin-right: 4px; vertical-align: top }
figcaption { font-size: .82em; color: #48525f } .note { color: #48525f; font-size: .9em } summary { cursor: pointer; font-weight: 600; margin: .6em 0 }
.problem { font-size: .88em } code { background: #f1f4f8; padding: 0 .25em; overflow-wrap: anywhere }
)css";

std::string escape(const std::string& text) {
  std::string out;
  for (const char c : text) switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  return out;
}

std::string element(const char* tag, const std::string& text) {
  return std::string("<") + tag + ">" + escape(text) + "</" + tag + ">";
}

std::string formatted(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string result_row(const CandidateResult& candidate, const std::string& name,
                       const Numbers& numbers, const std::vector<Metric>& metrics,
                       const std::string& paper_set, const std::string& key, int images) {
  std::string out = element("td", name) + element("td", std::to_string(images));
  for (const Metric& metric : metrics)
    out += element("td", cell(numbers, metric, paper_set, key, candidate.method));
  return out;
}

std::string table_head(const char* first, const std::vector<Metric>& metrics) {
  std::string out = std::string("<tr><th>") + first + "</th><th>images</th>";
  for (const Metric& metric : metrics) out += element("th", metric.title);
  return out + "</tr>";
}

int images_of(const CandidateResult& candidate) {
  int images = 0;
  for (const ClassResult& one : candidate.classes) images += one.good + one.anomalous;
  return images;
}

/// One row a candidate: what to look at first.
std::string comparison(const DataSetResult& data, const std::string& paper_set) {
  const std::vector<Metric> metrics = metrics_in(data);
  std::string out = "<table>" + table_head("mean over classes", metrics);
  for (const CandidateResult& candidate : data.candidates)
    out += "<tr>" +
           result_row(candidate, candidate.name, candidate.mean, metrics, paper_set, "mean",
                      images_of(candidate)) +
           "</tr>";
  return out + "</table>";
}

std::string class_table(const DataSetResult& data, const CandidateResult& candidate,
                        const std::string& paper_set) {
  const std::vector<Metric> metrics = metrics_in(data);
  std::string out = "<table>" + table_head("class", metrics);
  for (const ClassResult& one : candidate.classes)
    out += "<tr>" +
           result_row(candidate, one.name, one.numbers, metrics, paper_set, one.name,
                      one.good + one.anomalous) +
           "</tr>";
  return out + "<tr class=\"mean\">" +
         result_row(candidate, "mean", candidate.mean, metrics, paper_set, "mean",
                    images_of(candidate)) +
         "</tr></table>";
}

/// The prompts' threshold, or the one of the best F1.
struct Threshold {
  double value;
  const char* origin;
};

std::optional<Threshold> threshold_of(const CandidateResult& candidate,
                                      const metrics::LabelledScores& scores) {
  if (candidate.threshold) return Threshold{*candidate.threshold, "the prompt file's threshold"};
  const auto points = metrics::curve(scores);
  const auto f1 = [](const metrics::CurvePoint& point) {
    return point.recall > 0 ? 2 / (1 / point.precision + 1 / point.recall) : 0;
  };
  const auto best = std::max_element(points.begin(), points.end(),
                                     [&](const auto& a, const auto& b) { return f1(a) < f1(b); });
  if (best == points.end()) return {};
  return Threshold{best->threshold, "the threshold of the best F1 (the prompts have none)"};
}

std::string confusion_table(const metrics::LabelledScores& scores, const Threshold& threshold) {
  int counts[2][2] = {};
  for (std::size_t i = 0; i < scores.scores.size(); ++i)
    ++counts[scores.anomalous[i] ? 1 : 0][scores.scores[i] >= threshold.value ? 1 : 0];
  const auto row = [&](const char* name, const int* of) {
    return std::string("<tr><td>") + name + "</td><td>" + std::to_string(of[0]) + "</td><td>" +
           std::to_string(of[1]) + "</td></tr>";
  };
  return "<div><table class=\"confusion\"><tr><th></th><th>passed</th><th>rejected</th></tr>" +
         row("good", counts[0]) + row("anomalous", counts[1]) + "</table><div class=\"note\">at " +
         formatted("%.4g", threshold.value) + ", " + threshold.origin + "</div></div>";
}

std::string figures(const char* title, const std::vector<Picture>& pictures) {
  if (pictures.empty()) return "";
  std::string out = std::string("<div><div class=\"note\">") + title + "</div><div class=\"row\">";
  for (const Picture& picture : pictures) {
    out += "<figure><img alt=\"input\" src=\"" + picture.input + "\">";
    if (!picture.mask.empty()) out += "<img alt=\"mask\" src=\"" + picture.mask + "\">";
    out += "<img alt=\"heatmap\" src=\"" + picture.heatmap + "\"><figcaption>" +
           escape(picture.sample.sample.defect + "/" +
                  std::filesystem::path(picture.sample.sample.image).filename().string()) +
           ", score " + formatted("%.4f", picture.sample.score) + "</figcaption></figure>";
  }
  return out + "</div></div>";
}

std::string class_section(const CandidateResult& candidate, const ClassResult& one,
                          const Gallery& gallery, bool open) {
  const metrics::LabelledScores scores = labelled_scores(one);
  const auto threshold = threshold_of(candidate, scores);
  std::string out = std::string("<details") + (open ? " open" : "") + "><summary>" +
                    escape(one.name) + ": " + std::to_string(one.good) + " good, " +
                    std::to_string(one.anomalous) + " anomalous, " + std::to_string(one.with_mask) +
                    " with a mask</summary><div class=\"row\">";
  out += roc_chart(scores) + precision_recall_chart(scores) +
         score_histogram(scores, threshold ? std::optional(threshold->value) : std::nullopt);
  if (threshold) out += confusion_table(scores, *threshold);
  out += "</div>" + figures("Anomalous, found surest: input, mask, heatmap", gallery.found) +
         figures("Good, most suspicious", gallery.false_alarms) +
         figures("Anomalous, least suspicious: what is missed first", gallery.missed);
  return out + "</details>";
}

std::string problem_list(const DataSetResult& data) {
  if (data.problems.empty()) return "<p class=\"note\">Every file of the data set was used.</p>";
  std::string out = "<details open><summary>" + std::to_string(data.problems.size()) +
                    " problems with the data</summary><ul>";
  for (const Problem& problem : data.problems)
    out += "<li class=\"problem\"><code>" + escape(problem.file) +
           "</code>: " + escape(problem.what) + "</li>";
  return out + "</ul></details>";
}

std::string speed_table(const Speed& speed) {
  if (speed.images == 0) return "";
  const double images = speed.images;
  const auto row = [&](const char* name, double milliseconds) {
    return std::string("<tr><td>") + name + "</td><td>" + formatted("%.2f", milliseconds / images) +
           "</td></tr>";
  };
  return "<h2>Speed</h2><p>" + std::to_string(speed.images) + " images in " +
         formatted("%.1f", speed.seconds) + " s: " + formatted("%.1f", images / speed.seconds) +
         " images/s. Stages overlap: the next image is read while one is encoded.</p>"
         "<table class=\"speed\"><tr><th>stage</th><th>ms per image</th></tr>" +
         row("read and decode", speed.read) + row("preprocess", speed.preprocess) +
         row("encode", speed.encode) + row("maps and scores, all candidates", speed.map_and_score) +
         "</table>";
}

}  // namespace

std::string to_html(const Evaluation& evaluation, const Galleries& galleries, bool against_paper) {
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<title>Anomaly detection report</title><style>" +
      std::string(kStyle) + "</style></head><body><h1>Anomaly detection report</h1>";
  if (!evaluation.model.empty())
    out += "<p class=\"note\">Model " + escape(evaluation.model) + ". All numbers in percent.</p>";
  out +=
      "<p class=\"note\">Heatmaps have one scale for each class: nothing is tinted below half of "
      "the "
      "highest value among its pictures.</p>";
  for (std::size_t d = 0; d < evaluation.data_sets.size(); ++d) {
    const DataSetResult& data = evaluation.data_sets[d];
    const std::string paper_set = against_paper ? paper_name(data) : "";
    out += "<h2>" + escape(data.name) + "</h2>" + comparison(data, paper_set);
    if (against_paper) out += "<p class=\"note\">" + escape(paper_note(data)) + "</p>";
    out += problem_list(data);
    for (std::size_t c = 0; c < data.candidates.size(); ++c) {
      const CandidateResult& candidate = data.candidates[c];
      out += "<h3>" + escape(candidate.name) + "</h3>" + class_table(data, candidate, paper_set);
      for (std::size_t k = 0; k < candidate.classes.size(); ++k)
        out += class_section(candidate, candidate.classes[k], galleries[d][c][k], c == 0);
    }
  }
  return out + speed_table(evaluation.speed) + "</body></html>\n";
}

}  // namespace anomalyclip::trainer
