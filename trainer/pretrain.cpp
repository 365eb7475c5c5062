#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <malloc.h>

#include <torch/torch.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "checkpoint/prompt_file.h"
#include "checkpoint/safetensors.h"
#include "commands.h"
#include "pretrain/assessment.h"
#include "pretrain/export.h"
#include "pretrain/training.h"

namespace anomalyclip::trainer {

namespace {

using Clock = std::chrono::steady_clock;
using namespace pretrain;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Seeds of the parts that judge: none of them is ever a training seed's part, because the streams are mixed with it.
constexpr std::uint64_t kModeSeed = 0xa11ce5ed0001, kCalibrationSeed = 0xa11ce5ed0002,
                        kCheckSeed = 0xa11ce5ed0003;
constexpr int kModeParts = 400, kCalibrationParts = 1000, kCheckParts = 400;

struct Options {
  std::string output, check;
  TrainingSettings training;
  double minutes = 0;
  bool quick = false, resume = false;
};

/// One line every ten seconds: losses since the last one, rate and time left.
class Reporter {
 public:
  Reporter(std::int64_t total, std::int64_t done) : total_(total), images_(done) {}

  void add(const Progress& p) {
    local_ += p.local;
    global_ += p.global;
    peak_ += p.peak;
    caption_ += p.caption;
    ++steps_;
    skipped_ += p.skipped ? 1 : 0;
    if (seconds_since(last_) < 10 && p.images < total_) return;
    const double rate = static_cast<double>(p.images - images_) / seconds_since(last_);
    std::printf(
        "%7lld of %lld images  %d px  %5.1f/s  local %.3f  global %.3f  peak %.3f  caption %.2f  "
        "skipped %d  "
        "%4.1f min left\n",
        static_cast<long long>(p.images), static_cast<long long>(total_), p.size, rate,
        local_ / steps_, global_ / steps_, peak_ / steps_, caption_ / steps_, skipped_,
        static_cast<double>(total_ - p.images) / rate / 60);
    std::fflush(stdout);
    last_ = Clock::now();
    images_ = p.images;
    local_ = global_ = peak_ = caption_ = 0;
    steps_ = 0;
  }

 private:
  std::int64_t total_, images_;
  Clock::time_point last_ = Clock::now();
  double local_ = 0, global_ = 0, peak_ = 0, caption_ = 0;
  int steps_ = 0, skipped_ = 0;
};

/// Each step allocates the same buffers again; handing them back to the system in between costs a tenth of the time.
void keep_freed_memory() {
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

std::string describe(const TrainingSettings& s, std::int64_t images) {
  return nlohmann::json{{"data", "anomalyclip synth"},
                        {"seed", s.seed},
                        {"images", images},
                        {"version", ANOMALYCLIP_VERSION}}
      .dump();
}

std::shared_ptr<Engine> engine_of(const std::string& model) {
  EngineConfig config;
  config.model = model;
  config.device = "cpu";
  config.precision = Precision::kFP32;
  return Engine::acquire(config);
}

/// Chooses the image score and sets the thresholds, on parts that training has not seen.
/// @param subject  what the score is chosen on
void finish_prompts(const std::string& model, Subject subject) {
  const std::string path = prompts_path(model);
  const auto engine = engine_of(model);
  auto prompts = std::make_shared<Prompts>(*Prompts::load(path));
  prompts->score = best_score_mode(*engine, prompts, subject, kModeParts, kModeSeed);
  const Thresholds thresholds = calibrate(*engine, prompts, kCalibrationParts, kCalibrationSeed);
  prompts->threshold = thresholds.image;
  prompts->pixel_threshold = thresholds.pixel;
  save_prompts(path, *prompts, read_safetensors(path).tensors);
  std::printf(
      "score %s, threshold %.4f (reached by %d of %d good parts), pixel threshold %.4f (by %d)\n",
      to_string(prompts->score), thresholds.image, thresholds.image_rejects, thresholds.good,
      thresholds.pixel, thresholds.pixel_rejects);
}

void check(const std::string& model) {
  const auto engine = engine_of(model);
  const auto prompts = Prompts::load(prompts_path(model));
  for (const Subject subject : {Subject::kParts, Subject::kLines}) {
    const Assessment result = assess(*engine, prompts, subject, kCheckParts, kCheckSeed);
    std::printf("%d %s of held-out kinds, %d of them good\n%-32s %12s %12s\n", result.pictures,
                subject == Subject::kParts ? "parts" : "belts", result.good, "", "pixel AUROC",
                "image AUROC");
    for (const Row& row : result.rows)
      std::printf("%-32s %12.4f %12.4f\n", row.method.c_str(), row.pixel_auroc, row.image_auroc);
    std::fflush(stdout);
  }
}

void train(const Options& options) {
  const std::string checkpoint = options.output + ".checkpoint";
  Training training(options.training);
  if (options.resume && std::filesystem::exists(checkpoint)) training.resume(checkpoint);
  Reporter reporter(training.total(), training.images());
  const auto start = Clock::now();
  auto saved = start;
  while (!training.done() &&
         (options.minutes <= 0 || seconds_since(start) < 60 * options.minutes)) {
    reporter.add(training.step());
    if (seconds_since(saved) > 60) {
      training.save(checkpoint);
      saved = Clock::now();
    }
  }
  training.save(checkpoint);
  write_model(options.output, options.training.shape, training.result(),
              describe(options.training, training.images()));
}

}  // namespace

void add_pretrain(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("pretrain", "Trains the demo model on drawn parts");
  CLI::Option* output = command->add_option("-o,--output", options->output,
                                            "Model file to write; prompts go beside it");
  command
      ->add_option("--minutes", options->minutes,
                   "Stop after this long; --resume goes on from there")
      ->check(CLI::PositiveNumber);
  command->add_flag("--quick", options->quick,
                    "Half an hour on two cores instead of two hours: parts alone, no belts, in "
                    "smaller pictures");
  command->add_option("--seed", options->training.seed, "The same seed gives the same model")
      ->capture_default_str();
  command->add_flag("--resume", options->resume, "Go on from the checkpoint beside the output");
  command
      ->add_option("--check", options->check,
                   "Train nothing: judge this model, and saliency without learning, on parts of "
                   "kinds that no training draws")
      ->excludes(output);
  command->callback([options] {
    if (options->check.empty() && options->output.empty())
      throw CLI::RequiredError("--output or --check");
    cv::setNumThreads(1);
    if (options->quick) options->training.quicken();
    if (options->check.empty()) {
      const int threads = at::get_num_threads();
      at::set_num_threads(1);
      keep_freed_memory();
      train(*options);
      at::set_num_threads(threads);
      finish_prompts(options->output, options->training.lines ? Subject::kLines : Subject::kParts);
    }
    check(options->check.empty() ? options->output : options->check);
  });
}

}  // namespace anomalyclip::trainer
