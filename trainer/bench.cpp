#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>

#include <CLI/CLI.hpp>

#include <anomalyclip/error.h>

#include "bench/bench_model.h"
#include "bench/contestant.h"
#include "bench/report.h"
#include "bench/test_frame.h"
#include "bench/worker.h"
#include "commands.h"
#include "common/inspection_options.h"
#include "common/progress.h"
#include "image/save_png.h"

namespace anomalyclip::trainer {
namespace {

using namespace bench;

struct BenchOptions {
  std::vector<std::string> models = {"demo"}, precisions = {"fp32", "auto"}, compare;
  std::vector<int> batches = {1};
  std::string device = "auto", frame = "640x480", cache, peers = "tests/bench/peers", python;
  int rounds = 5, threads = 0, width = 0, height = 0;
  double seconds = 0.5;
  bool worker = false;
  WorkerOptions work;
};

/// A contestant and what it has given so far.
struct Entry {
  std::unique_ptr<Contestant> process;
  Measured measured;
};

std::string cache_folder() {
  if (const char* folder = std::getenv("XDG_CACHE_HOME"))
    return std::string(folder) + "/gst-anomalyclip";
  const char* home = std::getenv("HOME");
  return (home ? std::string(home) : std::string(".")) + "/.cache/gst-anomalyclip";
}

std::string this_program() {
  return std::filesystem::read_symlink("/proc/self/exe").string();
}

/// "640x480"
void parse_frame(BenchOptions& options) {
  char x = 0;
  std::istringstream text(options.frame);
  if (!(text >> options.width >> x >> options.height) || x != 'x' || options.width < 1 ||
      options.height < 1)
    throw Error(ErrorCode::kSettings,
                "--frame should be WIDTHxHEIGHT in pixels and is " + options.frame);
}

class Benchmark {
 public:
  Benchmark(const BenchOptions& options, const std::string& model)
      : options_(options), model_(find_bench_model(model, options.cache)) {}

  void run() {
    for (const std::string& precision : options_.precisions)
      for (const int batch : options_.batches) add_ours(precision, batch);
    if (!options_.compare.empty()) add_peers();
    // Rounds are interleaved, so that whatever else the machine does falls on everybody.
    Progress progress(model_.name, options_.rounds, "rounds");
    for (int round = 0; round < options_.rounds; ++round) {
      for (Entry& entry : entries_) measure(entry);
      progress.advance();
    }
    progress.finish();
    std::vector<Measured> all;
    for (Entry& entry : entries_) {
      entry.measured.peak_memory = entry.process->peak_memory();
      all.push_back(entry.measured);
    }
    std::cout << to_tables(model_.name + ", frames of " + options_.frame, all) << std::endl;
  }

 private:
  std::vector<std::pair<std::string, std::string>> environment() const {
    if (options_.threads == 0) return {};
    return {{"OMP_NUM_THREADS", std::to_string(options_.threads)}};
  }

  std::vector<std::string> model_cache() const {
    if (options_.work.model_cache_dir.empty()) return {};
    return {"--model-cache-dir", options_.work.model_cache_dir};
  }

  nlohmann::json add(const std::string& name, const std::vector<std::string>& command) {
    const auto start = std::chrono::steady_clock::now();
    Entry entry{std::make_unique<Contestant>(name, command, environment()), {}};
    const nlohmann::json ready = entry.process->ask("");
    entry.measured.name = name;
    entry.measured.start_up =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    entries_.push_back(std::move(entry));
    return ready;
  }

  void add_ours(const std::string& precision, int batch) {
    std::vector<std::string> command = {this_program(),
                                        "bench",
                                        "--worker",
                                        model_.model,
                                        model_.prompts,
                                        "--device",
                                        options_.device,
                                        "--precision",
                                        precision,
                                        "--batch",
                                        std::to_string(batch),
                                        "--frame",
                                        options_.frame,
                                        "--image-size",
                                        std::to_string(model_.image_size)};
    for (const std::string& word : model_cache()) command.push_back(word);
    const nlohmann::json ready = add(precision, command);
    std::string& name = entries_.back().measured.name;
    name = "ours, " + ready.at("precision").get<std::string>() + ", " +
           ready.at("device").get<std::string>();
    if (precision == "auto") name += " (auto)";
    if (batch > 1) name += ", batch " + std::to_string(batch);
  }

  /// Peers encode what we do: one frame's input, from a dump of our float32 run, which their features are compared with.
  void add_peers() {
    const std::string dump = options_.cache + "/bench-dump.safetensors",
                      image = options_.cache + "/bench-frame.png";
    save_png(image, TestFrame(options_.width, options_.height).view());
    InspectionOptions inspection;
    inspection.model = model_.model;
    inspection.prompts = model_.prompts;
    inspection.device = "cpu";
    inspection.precision = Precision::kFP32;
    inspection.recipe.image_size = model_.image_size;
    dump_for_peers(inspection, image, dump);
    const auto prompts = Prompts::load(model_.prompts);
    for (const std::string& peer : options_.compare)
      for (const std::string precision : {"fp32", "bf16"}) {
        if (peer == "onnxruntime" && precision == "bf16")
          continue;  // its CPU kernels have no bfloat16
        const nlohmann::json ready =
            add(peer + ", " + precision,
                {options_.python, options_.peers + "/peer.py", "--peer", peer, "--precision",
                 precision, "--model", model_.model, "--dump", dump, "--features",
                 joined(prompts->features), "--dpam-from", std::to_string(prompts->dpam_from),
                 "--threads", std::to_string(options_.threads)});
        std::ostringstream difference;
        difference.precision(1);
        difference << std::scientific << ready.at("difference").get<double>();
        entries_.back().measured.difference = difference.str();
      }
  }

  static std::string joined(const std::vector<int>& layers) {
    std::ostringstream text;
    for (const int layer : layers) text << (layer == layers.front() ? "" : ",") << layer;
    return text.str();
  }

  /// In a process of its own: it would otherwise keep a model in this one.
  void dump_for_peers(const InspectionOptions& inspection, const std::string& image,
                      const std::string& dump) const {
    std::filesystem::remove(dump);
    std::vector<std::string> command = {
        this_program(), "score", "--model",     inspection.model, "--prompts", inspection.prompts,
        "--device",     "cpu",   "--precision", "fp32",           "--json",    "--dump",
        dump,           image};
    if (model_.image_size > 0)
      command.insert(command.begin() + 2, {"--image-size", std::to_string(model_.image_size)});
    Contestant("score", command, {}).ask("");
    if (!std::filesystem::exists(dump))
      throw Error(ErrorCode::kRead, "our own stages could not be written to " + dump);
  }

  void measure(Entry& entry) const {
    const nlohmann::json times = entry.process->ask("run " + std::to_string(options_.seconds));
    for (const auto& [stage, values] : times.items())
      for (const double value : values) entry.measured.times[stage].push_back(value);
  }

  const BenchOptions& options_;
  BenchModel model_;
  std::vector<Entry> entries_;
};

void run_bench(BenchOptions& options) {
  parse_frame(options);
  if (options.worker) {
    options.work.width = options.width;
    options.work.height = options.height;
    options.work.device = options.device;
    options.work.batch = options.batches.front();
    return work(options.work);
  }
  if (options.cache.empty()) options.cache = cache_folder() + "/bench";
  if (options.python.empty()) options.python = cache_folder() + "/peers/bin/python";
  if (!options.compare.empty() && !std::filesystem::exists(options.python))
    throw Error(ErrorCode::kNotFound,
                "the peers are not installed: there is no " + options.python + "; " +
                    options.peers + "/setup.sh installs them, or --python names another Python");
  std::filesystem::create_directories(options.cache);
  for (const std::string& model : options.models) Benchmark(options, model).run();
}

}  // namespace

void add_bench(CLI::App& app) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App* command =
      app.add_subcommand("bench", "Times every stage, beside other runtimes if asked, in one run");
  command
      ->add_option("--model", options->models,
                   "demo, vit-b-16, vit-l-14-336 (weights that anyone can recompute), each with "
                   "@PIXELS if you like")
      ->delimiter(',')
      ->capture_default_str();
  command
      ->add_option("--precision", options->precisions, "fp32, bf16x3, bf16, int8, fp16, fp8, auto")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--batch", options->batches, "Frames encoded at once")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--device", options->device, "auto, cpu, cuda or cuda:N")
      ->capture_default_str();
  add_model_cache_dir(*command, options->work.model_cache_dir);
  command->add_option("--frame", options->frame, "Size of the frames")->capture_default_str();
  command->add_option("--rounds", options->rounds, "In each, every contestant has its turn")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command->add_option("--seconds", options->seconds, "Of one turn; one frame at least")
      ->capture_default_str();
  command->add_option("--threads", options->threads, "Of everybody (default: one for each core)");
  command
      ->add_option("--compare", options->compare,
                   "torch-eager, onnxruntime, openvino: the same arithmetic elsewhere")
      ->delimiter(',');
  command->add_option("--cache", options->cache,
                      "Folder for the models (default: the user's cache)");
  command->add_option("--peers", options->peers, "Folder of peer.py")->capture_default_str();
  command->add_option("--python", options->python,
                      "Python that has the peers (default: what setup.sh there made)");
  // What a contestant of our own is started with.
  command->add_flag("--worker", options->worker)->group("");
  command->add_option("MODEL", options->work.model)->group("");
  command->add_option("PROMPTS", options->work.prompts)->group("");
  command->add_option("--image-size", options->work.image_size)->group("");
  command->callback([options] {
    if (options->worker)
      options->work.precision = parse_precision(options->precisions.front());
    else
      for (const std::string& name : options->precisions) parse_precision(name);
    run_bench(*options);
  });
}

}  // namespace anomalyclip::trainer
