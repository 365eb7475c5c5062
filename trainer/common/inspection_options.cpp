#include "common/inspection_options.h"

#include <iostream>
#include <map>

#include <CLI/CLI.hpp>

#include <anomalyclip/demo.h>
#include <anomalyclip/error.h>

namespace anomalyclip::trainer {
namespace {

const std::map<std::string, Precision> kPrecisions = {
    {"auto", Precision::kAuto}, {"fp32", Precision::kFP32}, {"bf16x3", Precision::kBF16x3},
    {"bf16", Precision::kBF16}, {"fp16", Precision::kFP16}, {"int8", Precision::kINT8},
    {"fp8", Precision::kFP8}};

const std::map<std::string, ScoreMode> kScoreModes = {
    {"global", ScoreMode::kGlobal}, {"map", ScoreMode::kMap}, {"mean", ScoreMode::kMean}};

}  // namespace

Precision parse_precision(const std::string& name) {
  const auto found = kPrecisions.find(name);
  if (found == kPrecisions.end())
    throw Error(
        ErrorCode::kSettings,
        "the precision should be auto, fp32, bf16x3, bf16, fp16, int8 or fp8 and is " + name);
  return found->second;
}

void add_model_cache_dir(CLI::App& command, std::string& folder) {
  command.add_option("--model-cache-dir", folder,
                     "Folder that keeps the weights as they are packed for this CPU, for the next "
                     "start and for other processes (default: none)");
}

void warn_of_cache_fault(const Engine& engine) {
  const std::string& fault = engine.model().cache_fault;
  if (!fault.empty()) std::cerr << "anomalyclip: --model-cache-dir: " << fault << "\n";
}

void InspectionOptions::add_to(CLI::App& command) {
  command.add_option("--model", model, "Model, a safetensors file (default: the demo model)");
  command.add_option("--prompts", prompts, "Prompt file (default: the demo's)");
  command.add_option("--device", device, "auto, cpu, cuda or cuda:N")->capture_default_str();
  command.add_option("--precision", precision, "auto, fp32, bf16x3, bf16, fp16, int8 or fp8")
      ->transform(CLI::CheckedTransformer(kPrecisions))
      ->default_str("auto");
  add_model_cache_dir(command, model_cache_dir);
  command.add_option("--image-size", recipe.image_size,
                     "Pixels, a multiple of the patch size (default: the prompts')");
  command
      .add_option_function<ScoreMode>(
          "--score", [this](const ScoreMode& mode) { recipe.score = mode; },
          "global, map or mean (default: the prompts')")
      ->transform(CLI::CheckedTransformer(kScoreModes));
  command.add_option("--threshold", recipe.threshold,
                     "Score at or above which an image is anomalous, 0..1");
  command.add_option("--pixel-threshold", recipe.pixel_threshold,
                     "Map value at or above which a pixel is in a region, 0..1");
  command.add_option_function<std::string>(
      "--roi", [this](const std::string& text) { recipe.roi = Roi::parse(text); },
      "x,y,w,h in pixels, or fractions when all are at most 1");
}

std::string InspectionOptions::model_path() const {
  return model.empty() ? demo_model_path() : model;
}

std::string InspectionOptions::prompts_path() const {
  return prompts.empty() ? demo_prompts_path() : prompts;
}

std::shared_ptr<Engine> InspectionOptions::load() {
  if (model.empty() && prompts.empty())
    std::cerr << "anomalyclip: using the demo model, which only knows drawn parts; "
                 "--model and --prompts name another\n";
  EngineConfig config;
  config.model = model_path();
  config.device = device;
  config.precision = precision;
  config.model_cache_dir = model_cache_dir;
  recipe.prompts = Prompts::load(prompts_path());
  std::shared_ptr<Engine> engine = Engine::acquire(config);
  warn_of_cache_fault(*engine);
  engine->check(recipe);
  engine->warm_up(recipe);
  return engine;
}

}  // namespace anomalyclip::trainer
