#include "calibrate/inspect_samples.h"

#include <algorithm>
#include <deque>
#include <future>

#include "common/progress.h"
#include "data/sample_files.h"

namespace anomalyclip::trainer {
namespace {

struct Pending {
  const Sample* sample;
  std::future<AnomalyResult> result;
};

std::future<AnomalyResult> submit(Engine& engine, const Recipe& recipe, const Sample& sample) {
  try {
    return engine.submit(load_sample(sample).view(), recipe);
  } catch (...) {
    std::promise<AnomalyResult> broken;
    broken.set_exception(std::current_exception());
    return broken.get_future();
  }
}

}  // namespace

void inspect_samples(Engine& engine, const Recipe& recipe, const std::vector<Sample>& samples,
                     const std::string& label,
                     const std::function<void(const Sample&, const Extremes&)>& done,
                     const std::function<void(const Sample&, const std::string&)>& failed) {
  Progress progress(label, static_cast<std::int64_t>(samples.size()), "images");
  std::deque<Pending> pending;
  const auto finish = [&] {
    try {
      const AnomalyResult result = pending.front().result.get();
      const std::vector<float>& map = result.map->values;
      done(*pending.front().sample, {result.score, *std::max_element(map.begin(), map.end())});
    } catch (const std::exception& error) {
      failed(*pending.front().sample, error.what());
    }
    pending.pop_front();
    progress.advance();
  };
  for (const Sample& sample : samples) {
    pending.push_back({&sample, submit(engine, recipe, sample)});
    if (pending.size() > 1) finish();
  }
  while (!pending.empty()) finish();
  progress.finish();
}

}  // namespace anomalyclip::trainer
