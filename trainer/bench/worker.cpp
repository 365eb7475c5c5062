#include "bench/worker.h"

#include <chrono>
#include <future>
#include <iostream>
#include <vector>

#include <nlohmann/json.hpp>

#include <anomalyclip/draw.h>

#include "bench/test_frame.h"
#include "common/inspection_options.h"

namespace anomalyclip::bench {
namespace {

using Clock = std::chrono::steady_clock;

double milliseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

class Inspections {
 public:
  explicit Inspections(const WorkerOptions& options)
      : options_(options),
        frame_(options.width, options.height),
        drawn_(options.width, options.height) {
    EngineConfig config;
    config.model = options.model;
    config.device = options.device;
    config.precision = options.precision;
    config.model_cache_dir = options.model_cache_dir;
    config.batch_size = options.batch;
    config.batch_timeout_ms = options.batch > 1 ? 1000 : 0;  // batches are always full here
    recipe_.prompts = Prompts::load(options.prompts);
    recipe_.image_size = options.image_size;
    recipe_.queue_depth = options.batch;
    engine_ = Engine::acquire(config);
    trainer::warn_of_cache_fault(*engine_);
    batch(nullptr);  // whatever is made at the first frame
  }

  const Engine& engine() const { return *engine_; }

  /// One batch, drawn; each stage's milliseconds are added to `times`, a frame each.
  void batch(nlohmann::json* times) {
    const auto start = Clock::now();
    std::vector<std::future<AnomalyResult>> results;
    for (int i = 0; i < options_.batch; ++i)
      results.push_back(engine_->submit(frame_.view(), recipe_));
    for (auto& future : results) {
      const AnomalyResult result = future.get();
      const auto inspected = Clock::now();
      draw(result);
      if (!times) continue;
      const StageTimings& t = result.timings;
      (*times)["preprocess"].push_back(t.preprocess);
      (*times)["encode"].push_back(t.encode / options_.batch);
      (*times)["map"].push_back(t.map);
      (*times)["score"].push_back(t.score);
      (*times)["regions"].push_back(t.regions);
      (*times)["draw"].push_back(milliseconds(Clock::now() - inspected));
    }
    if (times) (*times)["whole"].push_back(milliseconds(Clock::now() - start) / options_.batch);
  }

 private:
  void draw(const AnomalyResult& result) {
    MapView map;
    map.values = result.map->values;
    map.width = result.map->width;
    map.height = result.map->height;
    map.covers = result.map->covers;
    OverlayStyle style;
    style.pixel_threshold = result.pixel_threshold;
    style.verdict = result.verdict;
    style.label = "anomalous 0.50";
    draw_overlay(drawn_.mutable_view(), map, result.regions, style);
  }

  WorkerOptions options_;
  TestFrame frame_, drawn_;
  Recipe recipe_;
  std::shared_ptr<Engine> engine_;
};

}  // namespace

void work(const WorkerOptions& options) {
  Inspections inspections(options);
  const ModelInfo& model = inspections.engine().model();
  std::cout << nlohmann::json{{"precision", to_string(model.precision)}, {"device", model.device}}
            << std::endl;
  std::string command;
  double seconds = 0;
  while (std::cin >> command >> seconds) {
    nlohmann::json times = nlohmann::json::object();
    const auto start = Clock::now();
    do inspections.batch(&times);
    while (milliseconds(Clock::now() - start) < seconds * 1000);
    std::cout << times << std::endl;
  }
}

}  // namespace anomalyclip::bench
