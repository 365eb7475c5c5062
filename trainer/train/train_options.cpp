#include "train/train_options.h"

#include <map>

#include <CLI/CLI.hpp>

#include <anomalyclip/demo.h>

#include "loop/feature_cache.h"
#include "train/method_choices.h"
#include "train/require.h"

namespace anomalyclip::trainer {
namespace {

using Split = SampleChoice::Split;

const std::map<std::string, Split> kSplits = {
    {"test", Split::kTest}, {"train", Split::kTrain}, {"all", Split::kAll}};
const std::map<std::string, Precision> kPrecisions = {{"auto", Precision::kAuto},
                                                      {"fp32", Precision::kFP32},
                                                      {"bf16x3", Precision::kBF16x3},
                                                      {"bf16", Precision::kBF16},
                                                      {"fp16", Precision::kFP16}};
const std::map<std::string, bool> kDeepPrompts = {{"overwrite", false}, {"before", true}};

std::string preset_help() {
  std::string text = "Rows of the paper's ablations, by name; may be given several times:";
  for (const Preset& preset : presets()) text += "\n" + preset.name + ": " + preset.about;
  return text;
}

void add_data(CLI::App& command, TrainOptions& options) {
  command
      .add_option("--data", options.data,
                  "Folders of labelled images, in any of the layouts that `eval` reads")
      ->required();
  command
      .add_option("--split", options.samples.split,
                  "Which of them: test (as the paper trains), train or all")
      ->transform(CLI::CheckedTransformer(kSplits))
      ->default_str("test");
  command.add_option("--classes", options.samples.classes, "Only these, separated by commas")
      ->delimiter(',');
  command.add_flag("--skip-broken", options.skip_broken,
                   "Train on the rest when images or masks cannot be used");
}

void add_prompts(CLI::App& command, TrainOptions& options) {
  Choices& choices = options.choices;
  command.add_option("--preset", options.presets, preset_help());
  command.add_flag("--paper", options.paper, "The same as --preset paper");
  command.add_option("--dpam", choices.dpam,
                     "Attention of the local path: vv (default), qq, kk, several joined by + (an "
                     "ensemble), or none");
  command.add_option("--dpam-from", choices.dpam_from,
                     "First layer with a local path (default: a quarter of the way up)");
  command
      .add_option(
          "--features", choices.features,
          "Layers to tap, separated by commas (default: the last; vand: four, a quarter apart)")
      ->delimiter(',');
  command.add_option("--image-size", choices.image_size,
                     "Pixels, a multiple of the patch size (default: the one nearest to 518)");
  command.add_option("--context", choices.context,
                     "E: learned tokens before the words (default 12; coop 16)");
  command.add_option("--depth", choices.depth,
                     "Layers of the text tower with learned tokens (default 9, or all it has)");
  command.add_option("--length", choices.length, "Learned tokens of each deeper layer (default 4)");
  command
      .add_option("--deep-prompts", choices.deep_before,
                  "overwrite (default) the tokens of layers 2 to depth, or stand before those "
                  "of layers 1 to depth")
      ->transform(CLI::CheckedTransformer(kDeepPrompts));
  // A flag that is bound to a variable clears it when it is not given, and with it what a preset says.
  command.add_flag_callback(
      "--shared", [&choices] { choices.shared = true; }, "One context for both prompts");
  command.add_flag_callback(
      "--object-aware", [&choices] { choices.object_aware = true; },
      "Compare each image with prompts that name its class");
  command.add_option("--state-word", choices.state_word,
                     "What is said of abnormal objects (default damaged)");
  command.add_option("--class", choices.class_name,
                     "What the prompts call the object (default object)");
}

void add_optimisation(CLI::App& command, TrainOptions& options) {
  Choices& choices = options.choices;
  command.add_option("--losses", choices.losses, "Of global, focal and dice, separated by commas")
      ->delimiter(',')
      ->check(CLI::IsMember({"global", "focal", "dice"}));
  command.add_option("--lambda", choices.lambda, "Weight of the local losses (default 4)");
  command.add_option("--epochs", choices.epochs, "Default 15; coop 200, vand 3")
      ->check(CLI::NonNegativeNumber);
  command
      .add_option("--batch-size", choices.batch_size,
                  "Images a step, over all processes (default 8; coop 32)")
      ->check(CLI::PositiveNumber);
  command.add_option("--learning-rate", choices.learning_rate,
                     "Adam's (default 0.001); SGD's of coop (0.002)");
  command.add_option("--betas", choices.betas, "Adam's two (default 0.5,0.999)")->delimiter(',');
  command.add_option("--mosaics", choices.mosaics,
                     "vand: share of the samples, where they lie in MVTec's layout, that give way "
                     "to a mosaic of four of their class (default 0.2)");
  command
      .add_option("--seed", options.seed,
                  "Of the initial prompts and the shuffling; 111 gives those of the reference")
      ->capture_default_str();
  command.add_option("--init", options.init, "Prompt file to go on from (fine-tuning)");
}

void add_running(CLI::App& command, TrainOptions& options) {
  command.add_option("--device", options.device, "auto, cpu, cuda or cuda:N")
      ->capture_default_str();
  command
      .add_option("--precision", options.precision,
                  "Of the image encoder: auto, fp32, bf16x3, bf16, fp16")
      ->transform(CLI::CheckedTransformer(kPrecisions))
      ->default_str("auto");
  auto* no_cache = command.add_flag("--no-cache", options.no_cache,
                                    "Encode every image anew in every epoch, in full precision");
  command
      .add_option("--cache-dir", options.cache_folder,
                  "Where encoded images are kept (default: " + default_cache_folder() + ")")
      ->excludes(no_cache);
  command.add_option("--cache-limit", options.cache_limit, "GiB that the cache may hold")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_flag("--resume", options.resume, "Go on from the checkpoint beside the output");
}

}  // namespace

void TrainOptions::add_to(CLI::App& command) {
  command.add_option("--model", model, "Model, a safetensors file (default: the demo model)");
  command
      .add_option("--method", method,
                  "What to train: anomalyclip (prompts for any object), coop (a context for "
                  "classes by name) or vand (adapters, for classes by name)")
      ->check(CLI::IsMember(trained_methods()))
      ->capture_default_str();
  command
      .add_option("-o,--output", output,
                  "Prompt file to write; its log, curves and checkpoint go beside it")
      ->required();
  add_data(command, *this);
  add_prompts(command, *this);
  add_optimisation(command, *this);
  add_running(command, *this);
}

Choices TrainOptions::all_choices() const {
  require(method == "anomalyclip" || (presets.empty() && !paper),
          "--preset and --paper are settings of AnomalyCLIP, and the method is " + method +
              ": leave them out");
  Choices all;
  for (const std::string& name : presets) all.override_with(find_preset(name).choices);
  if (paper) all.override_with(find_preset("paper").choices);
  all.override_with(choices);
  check_choices(method, all);
  return all;
}

std::string TrainOptions::model_path() const {
  return model.empty() ? demo_model_path() : model;
}

}  // namespace anomalyclip::trainer
