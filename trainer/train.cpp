#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <unistd.h>

#include <torch/torch.h>

#include <CLI/CLI.hpp>

#include <anomalyclip/error.h>

#include "checkpoint/model_file.h"
#include "commands.h"
#include "common/joined.h"
#include "common/progress.h"
#include "core/atomic_file.h"
#include "core/device.h"
#include "engine/precision.h"
#include "loop/clip_encoder.h"
#include "loop/gloo_processes.h"
#include "loop/interrupt.h"
#include "loop/training_loop.h"
#include "train/train_options.h"
#include "train/training_plan.h"

namespace anomalyclip::trainer {
namespace {

namespace fs = std::filesystem;

std::string file_name(const std::string& path) {
  return fs::path(path).filename().string();
}

/// One run of the command: what it needs is made in the order in which faults are cheap to find.
class TrainCommand {
 public:
  TrainCommand(const TrainOptions& options, const Launch& launch, Processes& processes)
      : options_(options),
        choices_(options.all_choices()),
        processes_(processes),
        weights_(load_model(options.model_path())),
        device_(device_of(options.device, launch)) {
    AtomicFile writable(options.output);  // says so now, not after the first epoch
    prepare_method();
    prepare_images();
  }

  void run() {
    InterruptWatch watch;
    EncodedBatches batches(*encoder_, set_, cache_.get());
    processes_.use(device_);
    TrainingLoop loop(*method_, batches, set_, EpochOrder(plan_->generator()), processes_,
                      loop_settings());
    if (processes_.first() && loop.state().epoch + loop.state().step > 0)
      std::cerr << "going on after epoch " << loop.state().epoch << ", step " << loop.state().step
                << '\n';
    else if (processes_.first() && options_.resume)
      std::cerr << "there is no checkpoint yet: starting afresh\n";
    const bool done = loop.run();
    if (cache_ && cache_->refused() > 0)
      std::cerr << "anomalyclip: " << cache_->refused()
                << " images did not fit into the cache and were encoded anew in every epoch; "
                   "--cache-limit raises its "
                << options_.cache_limit << " GiB, or free some disk\n";
    if (!done)
      throw Error(ErrorCode::kSettings, "interrupted after epoch " +
                                            std::to_string(loop.state().epoch) + ", step " +
                                            std::to_string(loop.state().step) +
                                            ". Everything is saved: the same command with "
                                            "--resume goes on from there.");
    if (processes_.first()) report(loop.state());
  }

 private:
  /// Of several processes on a machine each takes the GPU of its own number.
  static at::Device device_of(const std::string& name, const Launch& launch) {
    const at::Device device = resolve_device(name);
    if (device.is_cpu() || launch.size == 1 || name.starts_with("cuda:")) return device;
    return resolve_device("cuda:" + std::to_string(launch.local_rank));
  }

  void prepare_method() {
    plan_ =
        plan_training({options_.method, weights_, device_, options_.init, options_.seed, choices_});
    encoder_ = std::make_unique<ClipEncoder>(
        weights_, plan_->request(), plan_->recipe().image_size, device_,
        options_.precision == Precision::kAuto ? exact_precision(device_)
                                               : resolve_precision(options_.precision, device_));
  }

  void prepare_images() {
    set_ = list_samples(options_.data, options_.samples);
    if (!options_.no_cache)
      cache_ = std::make_unique<FeatureCache>(
          options_.cache_folder.empty() ? default_cache_folder() : options_.cache_folder,
          encoder_->recipe(), static_cast<std::uint64_t>(options_.cache_limit * (1ull << 30)));
    look();
    report_problems();
    method_ = plan_->make(set_);
  }

  void look() {
    std::optional<Progress> progress;
    if (processes_.first() && ::isatty(STDERR_FILENO))
      progress.emplace("Looking at the data", static_cast<std::int64_t>(set_.images.size()),
                       "images");
    look_at_samples(set_, encoder_->image_size(), cache_.get(), [&] {
      if (progress) progress->advance();
    });
    if (progress) progress->finish();
  }

  void report_problems() const {
    if (processes_.first()) name_problems();
    if (set_.broken.empty()) return;
    const std::size_t all = set_.images.size() + set_.broken.size();
    const std::string count = std::to_string(set_.broken.size()) + " of " + std::to_string(all) +
                              " samples cannot be used; they are named above. ";
    if (!options_.skip_broken || set_.images.empty())
      throw Error(ErrorCode::kRead, count +
                                        "Mend or remove them, or pass --skip-broken to train on "
                                        "the other " +
                                        std::to_string(set_.images.size()) + ".");
    if (processes_.first())
      std::cerr << "anomalyclip: " << count << "Training on the other " << set_.images.size()
                << ".\n";
  }

  void name_problems() const {
    const auto say = [](const char* what, const Problem& problem) {
      // Many errors name their file already.
      const bool named = problem.what.starts_with(problem.file);
      std::cerr << what << ": " << (named ? "" : problem.file + ": ") << problem.what << '\n';
    };
    for (const Problem& problem : set_.notices) say("note", problem);
    for (const Problem& problem : set_.broken) say("broken", problem);
  }

  LoopSettings loop_settings() const {
    LoopSettings loop;
    loop.epochs = plan_->epochs();
    loop.batch_size = plan_->batch_size();
    loop.mosaics = plan_->mosaics();
    loop.output = options_.output;
    loop.resume = options_.resume;
    loop.settings = {{"method", options_.method},
                     {"seed", std::to_string(options_.seed)},
                     {"batch_size", std::to_string(loop.batch_size)},
                     {"data", set_.digest()},
                     {"encoder", encoder_->recipe()},
                     {"stored_features", cache_ ? "half" : "float"},
                     {"init", options_.init.empty() ? "" : file_name(options_.init)}};
    loop.training = {{"version", ANOMALYCLIP_VERSION},
                     {"model", file_name(options_.model_path())},
                     {"data", set_.names},
                     {"classes", set_.classes()},
                     {"images", set_.images.size()},
                     {"left_out", set_.broken.size()},
                     {"seed", options_.seed},
                     {"batch_size", loop.batch_size},
                     {"stored_features", cache_ ? "half" : "float"},
                     {"settings", method_->settings()}};
    if (!options_.init.empty()) loop.training["init"] = file_name(options_.init);
    return loop;
  }

  void report(const TrainingState& state) const {
    const TrainingFiles files(options_.output);
    std::cout << "wrote " << files.prompts << ": " << state.epoch << " epochs on "
              << set_.images.size() << " images of " << set_.classes().size() << " classes ("
              << joined(set_.classes(), ", ") << ")\n"
              << "      " << files.log << ", " << files.curves << ", " << files.checkpoint << '\n';
    if (options_.method != "anomalyclip")
      std::cout << "      for the class \"" << plan_->recipe().class_name
                << "\"; `anomalyclip prompts --from` puts it to others\n";
  }

  const TrainOptions& options_;
  Choices choices_;
  Processes& processes_;
  Weights weights_;
  at::Device device_;
  std::unique_ptr<TrainingPlan> plan_;
  std::unique_ptr<ClipEncoder> encoder_;
  TrainingSet set_;
  std::unique_ptr<FeatureCache> cache_;
  std::unique_ptr<TrainableMethod> method_;
};

void train(const TrainOptions& options) {
  const Launch launch = read_launch();
  const auto processes = join_processes(launch);
  try {
    TrainCommand(options, launch, *processes).run();
  } catch (const std::exception& error) {
    if (processes->size() == 1) throw;
    // At once: the others wait for this process, and learn from its end that there is nothing to wait for.
    std::cerr << "anomalyclip: process " << processes->rank() << ": " << error.what() << std::endl;
    std::_Exit(1);
  }
  processes->leave();
}

}  // namespace

void add_train(CLI::App& app) {
  auto options = std::make_shared<TrainOptions>();
  CLI::App* command = app.add_subcommand(
      "train", "Learns prompts from labelled images: AnomalyCLIP's, CoOp's or VAND's");
  options->add_to(*command);
  command->callback([options] { train(*options); });
}

}  // namespace anomalyclip::trainer
