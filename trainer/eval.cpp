#include <algorithm>
#include <filesystem>
#include <iostream>
#include <set>

#include <CLI/CLI.hpp>

#include <anomalyclip/error.h>

#include "commands.h"
#include "common/inspection_options.h"
#include "core/atomic_file.h"
#include "eval/evaluator.h"
#include "eval/html_report.h"
#include "eval/tables.h"

namespace anomalyclip::trainer {
namespace {

namespace fs = std::filesystem;

constexpr int kSaliencySize = 256;  // pixels, where no prompt file says another

struct EvalOptions {
  InspectionOptions inspection;
  std::vector<std::string> prompts, methods, data, classes;
  std::string layout = "automatic", against, output;
  EvaluationSettings settings;

  /// Saliency alone needs no model.
  bool needs_engine() const {
    return methods.empty() || !prompts.empty() || !inspection.model.empty();
  }
};

Layout layout_of(const std::string& name) {
  for (const Layout layout : layouts())
    if (name == to_string(layout)) return layout;
  return Layout::kAutomatic;  // the parser lets no other name through
}

/// "NAME=FOLDER" or "FOLDER".
DataSet read_named(const std::string& argument, Layout layout) {
  const std::size_t equals = argument.find('=');
  if (equals == argument.npos || fs::exists(argument)) return read_data_set(argument, layout);
  DataSet data = read_data_set(argument.substr(equals + 1), layout);
  data.name = argument.substr(0, equals);
  return data;
}

/// Each class has to be in one of the data sets; those that have none of them are left out.
void keep_classes(std::vector<DataSet>& data_sets, const std::vector<std::string>& names) {
  if (names.empty()) return;
  std::set<std::string> known;
  for (const DataSet& data : data_sets)
    for (const std::string& name : data.classes()) known.insert(name);
  for (const std::string& name : names)
    if (!known.contains(name))
      throw Error(ErrorCode::kSettings,
                  data_sets.size() == 1
                      ? "the data set " + data_sets.front().name + " has no class " + name
                      : "none of the " + std::to_string(data_sets.size()) +
                            " data sets has a class " + name);
  for (DataSet& data : data_sets)
    std::erase_if(data.test, [&](const Sample& sample) {
      return std::ranges::find(names, sample.class_name) == names.end();
    });
  std::erase_if(data_sets, [](const DataSet& data) { return data.test.empty(); });
}

/// Prompt files of one name are told apart by their folders.
std::string candidate_name(const std::string& path, const std::vector<std::string>& all) {
  std::string name = fs::path(path).stem().string();
  const auto alike = std::count_if(all.begin(), all.end(), [&](const std::string& other) {
    return fs::path(other).stem() == name;
  });
  if (alike > 1) name = fs::absolute(path).parent_path().filename().string() + "_" + name;
  return name;
}

/// @param any_class  a class to load the prompt files with that there are one of for each
std::shared_ptr<Engine> load_engine(EvalOptions& options, const std::string& any_class,
                                    std::vector<Candidate>& candidates) {
  InspectionOptions& inspection = options.inspection;
  if (!options.prompts.empty()) inspection.prompts = path_for(options.prompts.front(), any_class);
  inspection.recipe.want_map = true;
  std::shared_ptr<Engine> engine = inspection.load();
  if (options.prompts.empty()) options.prompts = {inspection.prompts_path()};
  for (const std::string& path : options.prompts) {
    Candidate candidate;
    candidate.name = candidate_name(path, options.prompts);
    candidate.recipe = inspection.recipe;
    candidate.recipe.prompts = Prompts::load(path_for(path, any_class));
    if (names_class(path)) candidate.pattern = path;
    candidate.method = candidate.recipe.prompts->method;
    engine->check(candidate.recipe);
    candidates.push_back(std::move(candidate));
  }
  return engine;
}

int saliency_size(const InspectionOptions& inspection, const std::vector<Candidate>& candidates) {
  if (inspection.recipe.image_size > 0) return inspection.recipe.image_size;
  return candidates.empty() ? kSaliencySize : candidates.front().recipe.prompts->image_size;
}

Galleries draw_galleries(const Evaluation& evaluation, const Evaluator& evaluator) {
  Galleries galleries;
  for (const DataSetResult& data : evaluation.data_sets) {
    auto& of_data = galleries.emplace_back();
    for (std::size_t c = 0; c < data.candidates.size(); ++c) {
      auto& of_candidate = of_data.emplace_back();
      for (const ClassResult& one : data.candidates[c].classes)
        of_candidate.push_back(
            draw_gallery(one, evaluator.candidates_for(one.name)[c], evaluator.engine()));
    }
  }
  return galleries;
}

void write_report(const std::string& folder, const Evaluation& evaluation,
                  const Evaluator& evaluator, bool against_paper) {
  const fs::path path(folder);
  write_file_atomically(path / "report.md", to_markdown(evaluation, against_paper));
  write_file_atomically(path / "report.csv", to_csv(evaluation, against_paper));
  write_file_atomically(path / "report.json", to_json(evaluation, against_paper));
  write_file_atomically(path / "report.html",
                        to_html(evaluation, draw_galleries(evaluation, evaluator), against_paper));
  std::cerr << "anomalyclip: wrote " << (path / "report.html").string()
            << " (and .md, .csv, .json)\n";
}

void eval(EvalOptions& options) {
  std::vector<DataSet> data_sets;
  for (const std::string& argument : options.data)
    data_sets.push_back(read_named(argument, layout_of(options.layout)));
  keep_classes(data_sets, options.classes);
  const std::vector<std::string> names = data_sets.front().classes();
  if (names.empty())
    throw Error(ErrorCode::kRead, "the data set " + data_sets.front().name + " has no test image");
  const std::string& any_class = names.front();
  if (!options.output.empty()) fs::create_directories(options.output);
  std::vector<Candidate> candidates;
  std::shared_ptr<Engine> engine;
  if (options.needs_engine()) engine = load_engine(options, any_class, candidates);
  const int size = saliency_size(options.inspection, candidates);
  for (const std::string& name : options.methods)
    candidates.push_back(saliency_candidate(name, size));

  Evaluator evaluator(engine, std::move(candidates), options.settings);
  Evaluation evaluation;
  if (engine) evaluation.model = engine->model().name;
  for (const DataSet& data : data_sets) evaluation.data_sets.push_back(evaluator.evaluate(data));
  evaluation.speed = evaluator.speed();
  const bool against_paper = !options.against.empty();
  std::cout << to_markdown(evaluation, against_paper);
  if (!options.output.empty()) write_report(options.output, evaluation, evaluator, against_paper);
}

}  // namespace

void add_eval(CLI::App& app) {
  auto options = std::make_shared<EvalOptions>();
  CLI::App* command = app.add_subcommand(
      "eval", "Judges prompt files and methods on labelled images: the paper's tables");
  options->inspection.add_to(*command);
  command->remove_option(command->get_option("--prompts"));
  command->add_option("--prompts", options->prompts,
                      "Prompt files, each judged on its own; images are encoded once for all. {} "
                      "stands for the class's name: a file a class (default: the demo's)");
  command->add_option("--method", options->methods, "Yardsticks that know nothing: saliency-...")
      ->check(CLI::IsMember(saliency_names()));
  command
      ->add_option("--data", options->data,
                   "Data sets: FOLDER, or NAME=FOLDER to name it in the report")
      ->required();
  std::set<std::string> layout_names;
  for (const Layout layout : layouts()) layout_names.insert(to_string(layout));
  command->add_option("--layout", options->layout, "How the data sets lie on the disk")
      ->check(CLI::IsMember(layout_names))
      ->capture_default_str();
  command->add_option("--class", options->classes, "Only these classes (default: all)");
  command->add_option("--against", options->against, "paper: its number beside each")
      ->check(CLI::IsMember({"paper"}));
  command
      ->add_option("--bootstrap", options->settings.bootstrap,
                   "Draws of images for 95 % intervals of all metrics (default: none)")
      ->check(CLI::Range(0, 100000));
  command->add_option("--save-maps", options->settings.save_maps,
                      "Folder for the maps: 16-bit PNG, 65535 is 1 (v / (v + unit) of saliency)");
  command->add_option("-o,--output", options->output,
                      "Folder for report.html, report.md, report.csv and report.json");
  command->callback([options] { eval(*options); });
}

}  // namespace anomalyclip::trainer
