#include <cmath>
#include <cstdio>
#include <iostream>
#include <map>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <anomalyclip/error.h>

#include "calibrate/calibrated_prompts.h"
#include "calibrate/inspect_samples.h"
#include "calibrate/order_statistics.h"
#include "commands.h"
#include "common/image_list.h"
#include "common/inspection_options.h"
#include "data/data_set.h"

namespace anomalyclip::trainer {
namespace {

struct CalibrateOptions {
  InspectionOptions inspection;
  std::vector<std::string> good;
  std::string check, output;
  Goal goal;
};

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, share < 0.01 ? "%.2f %%" : "%.1f %%", 100 * share);
  return text;
}

/// Scores and peaks of the good parts; broken images are named.
struct GoodParts {
  std::vector<float> scores, peaks;
};

GoodParts inspect_good(Engine& engine, const Recipe& recipe,
                       const std::vector<std::string>& arguments) {
  std::vector<Sample> samples;
  for (const std::string& path : list_images(arguments))
    samples.push_back({path, "", "", "good", false});
  GoodParts parts;
  inspect_samples(
      engine, recipe, samples, "Inspecting good parts",
      [&](const Sample&, const Extremes& seen) {
        parts.scores.push_back(seen.score);
        parts.peaks.push_back(seen.peak);
      },
      [](const Sample& sample, const std::string& why) {
        std::cerr << "anomalyclip: " << sample.image << ": " << why << "; it is left out\n";
      });
  return parts;
}

/// @throws Error kSettings where there are too few: how many it takes, and what these can do
void require_enough(std::size_t images, const Goal& goal) {
  const int n = static_cast<int>(images), needed = images_needed(goal);
  if (n >= needed) return;
  std::string message = std::to_string(n) +
                        " good images cannot vouch for a false-reject rate of " +
                        percent(goal.rate) + " with a certainty of " + percent(goal.confidence) +
                        ": it takes " + std::to_string(needed);
  if (n > 0)
    message += ". With these, ask for --false-reject " +
               std::to_string(std::ceil(1e4 * smallest_rate(n, goal.confidence)) / 1e4) +
               " or more, or accept a lower --confidence";
  throw Error(ErrorCode::kSettings, message);
}

/// @param what  "score", "map value": for the message when there is no room above the good parts
OrderThreshold find_threshold(const std::vector<float>& values, const Goal& goal,
                              const char* what) {
  const OrderThreshold found = *threshold_for(values, goal);
  if (found.value > 1)
    throw Error(
        ErrorCode::kSettings,
        std::string("good parts reach the highest ") + what +
            " there is, 1: no threshold keeps them apart from anything. These prompts do "
            "not fit these parts; train prompts for them, or allow a higher --false-reject");
  return found;
}

void print(const char* name, const OrderThreshold& found, const Goal& goal) {
  std::printf(
      "%s %.6f: %d of %d good images reach it; of all good parts %s are expected to, and "
      "with a certainty of %s at most %s\n",
      name, static_cast<double>(found.value), found.rejected, found.images,
      percent(found.expected).c_str(), percent(goal.confidence).c_str(),
      percent(found.upper).c_str());
}

nlohmann::json record_of(const OrderThreshold& image, const OrderThreshold& pixel,
                         const Goal& goal) {
  return {{"good_images", image.images},          {"false_reject", goal.rate},
          {"confidence", goal.confidence},        {"rejected_by_score", image.rejected},
          {"rejected_by_region", pixel.rejected}, {"false_reject_upper_bound", image.upper},
          {"region_upper_bound", pixel.upper},    {"version", ANOMALYCLIP_VERSION}};
}

/// The prompts with the thresholds, and with what else the thresholds hold for.
std::shared_ptr<const Prompts> calibrated(const Recipe& recipe, const OrderThreshold& image,
                                          const OrderThreshold& pixel, const Goal& goal) {
  auto prompts = std::make_shared<Prompts>(*recipe.prompts);
  prompts->threshold = image.value;
  prompts->pixel_threshold = pixel.value;
  if (recipe.score) prompts->score = *recipe.score;
  if (recipe.image_size > 0) prompts->image_size = recipe.image_size;
  prompts->metadata["calibration"] = record_of(image, pixel, goal).dump();
  return prompts;
}

/// What the thresholds make of one class of labelled images.
struct Tally {
  int good = 0, false_rejects = 0, good_with_regions = 0;
  int anomalous = 0, misses = 0, anomalous_without_regions = 0;
};

void add(Tally& tally, bool anomalous, const Extremes& seen, const Prompts& prompts) {
  const bool rejected = seen.score >= *prompts.threshold;
  const bool region = seen.peak >= *prompts.pixel_threshold;
  if (anomalous) {
    ++tally.anomalous;
    tally.misses += !rejected;
    tally.anomalous_without_regions += !region;
  } else {
    ++tally.good;
    tally.false_rejects += rejected;
    tally.good_with_regions += region;
  }
}

void print_row(const std::string& name, const Tally& tally) {
  std::printf("%-24s %6d %14d %17d %9d %7d %15d\n", name.c_str(), tally.good, tally.false_rejects,
              tally.good_with_regions, tally.anomalous, tally.misses,
              tally.anomalous_without_regions);
}

/// Judges the new prompts on labelled images.
void check(Engine& engine, Recipe recipe, const std::string& folder) {
  const DataSet data = read_data_set(folder);
  for (const Problem& problem : data.problems)
    std::cerr << "anomalyclip: " << problem.file << ": " << problem.what << '\n';
  std::map<std::string, Tally> classes;
  Tally all;
  inspect_samples(
      engine, recipe, data.test, "Checking",
      [&](const Sample& sample, const Extremes& seen) {
        add(classes[sample.class_name], sample.anomalous, seen, *recipe.prompts);
        add(all, sample.anomalous, seen, *recipe.prompts);
      },
      [](const Sample& sample, const std::string& why) {
        std::cerr << "anomalyclip: " << sample.image << ": " << why << "; it is left out\n";
      });
  std::printf("\n%-24s %6s %14s %17s %9s %7s %15s\n", data.name.c_str(), "good", "false rejects",
              "good with regions", "anomalous", "missed", "without regions");
  for (const auto& [name, tally] : classes) print_row(name, tally);
  if (classes.size() > 1) print_row("all", all);
}

void calibrate(CalibrateOptions& options) {
  InspectionOptions& inspection = options.inspection;
  if (inspection.recipe.threshold || inspection.recipe.pixel_threshold)
    throw CLI::ValidationError("--threshold", "calibrate finds the thresholds; leave them out");
  inspection.recipe.want_map = true;
  const std::shared_ptr<Engine> engine = inspection.load();
  const GoodParts parts = inspect_good(*engine, inspection.recipe, options.good);
  require_enough(parts.scores.size(), options.goal);
  const OrderThreshold image = find_threshold(parts.scores, options.goal, "score");
  const OrderThreshold pixel = find_threshold(parts.peaks, options.goal, "map value");

  Recipe recipe = inspection.recipe;
  recipe.prompts = calibrated(inspection.recipe, image, pixel, options.goal);
  write_calibrated(inspection.prompts_path(), *recipe.prompts, options.output);
  print("threshold", image, options.goal);
  print("pixel threshold", pixel, options.goal);
  std::cout << std::flush;
  std::cerr << "anomalyclip: wrote " << options.output << '\n';
  if (!options.check.empty()) check(*engine, recipe, options.check);
}

}  // namespace

void add_calibrate(CLI::App& app) {
  auto options = std::make_shared<CalibrateOptions>();
  CLI::App* command = app.add_subcommand(
      "calibrate",
      "Finds a prompt file's thresholds from good parts only, for a false-reject rate");
  options->inspection.add_to(*command);
  command->add_option("--good", options->good, "Good parts: images, folders of them, or patterns")
      ->required();
  const CLI::Range share(1e-6, 1 - 1e-6);
  command
      ->add_option("--false-reject", options->goal.rate,
                   "Largest share of good parts that may be rejected")
      ->check(share)
      ->capture_default_str();
  command
      ->add_option("--confidence", options->goal.confidence,
                   "How certain it must be that the share is not larger")
      ->check(share)
      ->capture_default_str();
  command->add_option("--check", options->check,
                      "Labelled images to try the thresholds on: counts false rejects and misses");
  command->add_option("-o,--output", options->output, "Prompt file to write")->required();
  command->callback([options] { calibrate(*options); });
}

}  // namespace anomalyclip::trainer
