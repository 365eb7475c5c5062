#include "eval/evaluator.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <filesystem>
#include <map>
#include <utility>

#include <anomalyclip/error.h>
#include <anomalyclip/map_file.h>

#include "common/progress.h"
#include "data/sample_files.h"
#include "metrics/resampled_pixels.h"

namespace anomalyclip::trainer {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kBootstrapSeed = 0;
constexpr std::size_t kInFlight = 2;  // the next image is read while this one is encoded

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

std::string size_text(int width, int height) {
  return std::to_string(width) + " x " + std::to_string(height);
}

/// An image whose results are on their way.
struct Pending {
  const Sample* sample;
  std::shared_ptr<const Image> image;
  std::vector<std::future<Verdicts>> verdicts;
};

/// The class that is being evaluated.
class ClassRun {
 public:
  ClassRun(std::string name, std::vector<const Sample*> samples,
           const std::vector<Candidate>& candidates, const EvaluationSettings& settings,
           DataSetResult& result)
      : name_(std::move(name)),
        samples_(std::move(samples)),
        candidates_(candidates),
        settings_(settings),
        result_(result),
        classes_(candidates.size()),
        pools_(candidates.size()),
        resampled_(candidates.size()) {
    masked_ = std::any_of(samples_.begin(), samples_.end(),
                          [](const Sample* sample) { return !sample->mask.empty(); });
    for (ClassResult& one : classes_) one.name = name_;
  }

  void inspect(Engine* engine, Speed& speed, Progress& progress) {
    std::deque<Pending> pending;
    for (const Sample* sample : samples_) {
      const auto start = Clock::now();
      try {
        Pending next{sample, std::make_shared<const Image>(load_sample(*sample)), {}};
        speed.read += milliseconds_since(start);
        next.verdicts = inspect_with(engine, candidates_, next.image);
        pending.push_back(std::move(next));
      } catch (const std::exception& error) {
        result_.problems.push_back({sample->image, std::string(error.what()) + "; it is left out"});
        progress.advance();
      }
      if (pending.size() >= kInFlight) finish(pending, speed, progress);
    }
    while (!pending.empty()) finish(pending, speed, progress);
  }

  /// The numbers of all candidates; frees the pixels on the way.
  void conclude() {
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      ClassResult& one = classes_[i];
      const metrics::LabelledScores scores = labelled_scores(one);
      one.numbers.image = metrics::image_metrics(scores);
      if (settings_.bootstrap > 0)
        one.numbers.intervals = metrics::bootstrap(scores, settings_.bootstrap, kBootstrapSeed);
      pools_[i].sort();
      one.numbers.pixel = metrics::pixel_metrics(pools_[i]);
      pools_[i] = metrics::PixelPool();
      if (settings_.bootstrap > 0) draw_pixels(i);
      if (!one.samples.empty()) result_.candidates[i].classes.push_back(std::move(one));
    }
  }

 private:
  void finish(std::deque<Pending>& pending, Speed& speed, Progress& progress) {
    Pending done = std::move(pending.front());
    pending.pop_front();
    std::map<int, Mask> masks;  // by their size
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      try {
        const Verdicts verdicts = done.verdicts[i].get();
        account(verdicts.timings, i, speed);
        take(*done.sample, *done.image, verdicts, i, masks);
      } catch (const std::exception& error) {
        result_.problems.push_back(
            {done.sample->image,
             std::string(error.what()) + "; it is left out of " + candidates_[i].name});
      }
    }
    ++speed.images;
    progress.advance();
  }

  /// The pixel metrics of drawn images, with draws of its own for each class.
  void draw_pixels(std::size_t i) {
    ClassResult& one = classes_[i];
    resampled_[i].sort();
    one.pixel_draws = resampled_[i].draw(settings_.bootstrap,
                                         kBootstrapSeed + result_.candidates[i].classes.size());
    resampled_[i] = metrics::ResampledPixels();
    if (!one.pixel_draws.empty())
      one.numbers.pixel_intervals = metrics::pixel_intervals(one.pixel_draws);
  }

  void account(const StageTimings& timings, std::size_t candidate, Speed& speed) {
    speed.map_and_score += timings.map + timings.score + timings.regions;
    if (candidate > 0) return;  // the others share these
    speed.preprocess += timings.preprocess;
    speed.encode += timings.encode;
  }

  void take(const Sample& sample, const Image& image, const Verdicts& verdicts, std::size_t i,
            std::map<int, Mask>& masks) {
    ClassResult& one = classes_[i];
    const AnomalyMap& map = *verdicts.map;
    if (masked_) add_pixels(sample, image, map, i, masks);
    if (!settings_.save_maps.empty()) save_map(sample, map, i);
    one.samples.push_back({sample, verdicts.score});
    ++(sample.anomalous ? one.anomalous : one.good);
  }

  void add_pixels(const Sample& sample, const Image& image, const AnomalyMap& map, std::size_t i,
                  std::map<int, Mask>& masks) {
    if (sample.anomalous && sample.mask.empty()) return;  // its pixels are not known to be good
    auto found = masks.find(map.width);
    if (found == masks.end()) {
      found = masks.emplace(map.width, read_mask(sample, map.width)).first;
      if (masks.size() == 1) check_mask(sample, image, found->second);
    }
    if (sample.anomalous && found->second.empty()) return;
    if (pools_[i].normal_pixels() == 0 && pools_[i].damaged().empty())
      pools_[i] = metrics::PixelPool(samples_.size() * map.values.size());
    pools_[i].add(map.values, found->second.values, map.width, map.height);
    if (settings_.bootstrap > 0)
      resampled_[i].add(map.values, found->second.values, map.width, map.height);
    if (sample.anomalous) ++classes_[i].with_mask;
  }

  Mask read_mask(const Sample& sample, int size) {
    try {
      return load_mask(sample, size);
    } catch (const std::exception& error) {
      result_.problems.push_back({sample.mask, std::string(error.what()) +
                                                   "; its image counts for the image scores only"});
      Mask none;
      none.size = size;
      none.values.resize(static_cast<std::size_t>(size) * size);
      return none;
    }
  }

  void check_mask(const Sample& sample, const Image& image, const Mask& mask) {
    if (!sample.anomalous || mask.source_width == 0) return;
    if (mask.empty())
      result_.problems.push_back({sample.mask,
                                  "the mask of an anomalous image marks nothing; its "
                                  "image counts for the image scores only"});
    if (mask.source_width != image.width || mask.source_height != image.height)
      result_.problems.push_back(
          {sample.mask, "a mask of " + size_text(image.width, image.height) +
                            " pixels was expected, as its image has, and this one has " +
                            size_text(mask.source_width, mask.source_height) +
                            "; it is stretched to fit"});
  }

  void save_map(const Sample& sample, const AnomalyMap& map, std::size_t i) {
    const fs::path folder =
        fs::path(settings_.save_maps) / candidates_[i].name / result_.name / name_ / sample.defect;
    fs::create_directories(folder);
    const char* part = sample.part == Part::kTopHalf      ? "_top"
                       : sample.part == Part::kBottomHalf ? "_bottom"
                                                          : "";
    const std::string name = fs::path(sample.image).stem().string() + part + ".png";
    save_map_png((folder / name).string(), candidates_[i].to_file(map), map.width, map.height);
  }

  std::string name_;
  std::vector<const Sample*> samples_;
  const std::vector<Candidate>& candidates_;
  const EvaluationSettings& settings_;
  DataSetResult& result_;
  std::vector<ClassResult> classes_;       // one a candidate
  std::vector<metrics::PixelPool> pools_;  // one a candidate
  std::vector<metrics::ResampledPixels>
      resampled_;  // likewise; empty where no intervals are asked for
  bool masked_ = false;
};

/// And forgets the classes' draws.
void add_intervals_of_mean(CandidateResult& candidate, int draws) {
  std::vector<metrics::LabelledScores> scores;
  std::vector<std::vector<metrics::PixelMetrics>> pixels;
  for (ClassResult& one : candidate.classes) {
    scores.push_back(labelled_scores(one));
    pixels.push_back(std::exchange(one.pixel_draws, {}));
  }
  candidate.mean.intervals = metrics::bootstrap_mean(scores, draws, kBootstrapSeed);
  const std::vector<metrics::PixelMetrics> of_mean = metrics::mean_of_draws(pixels);
  if (!of_mean.empty()) candidate.mean.pixel_intervals = metrics::pixel_intervals(of_mean);
}

}  // namespace

Evaluator::Evaluator(std::shared_ptr<Engine> engine, std::vector<Candidate> candidates,
                     EvaluationSettings settings)
    : engine_(std::move(engine)),
      candidates_(std::move(candidates)),
      settings_(std::move(settings)) {}

std::vector<Candidate> Evaluator::candidates_for(const std::string& class_name) const {
  std::vector<Candidate> of_class;
  for (const Candidate& candidate : candidates_)
    of_class.push_back(for_class(candidate, class_name, engine_.get()));
  return of_class;
}

DataSetResult Evaluator::evaluate(const DataSet& data) {
  DataSetResult result;
  result.name = data.name;
  result.problems = data.problems;
  for (const Candidate& candidate : candidates_)
    result.candidates.push_back({candidate.name, candidate.method, candidate.threshold(), {}, {}});

  Progress progress(data.name, static_cast<std::int64_t>(data.test.size()), "images");
  for (const std::string& name : data.classes()) {
    std::vector<const Sample*> samples;
    for (const Sample& sample : data.test)
      if (sample.class_name == name) samples.push_back(&sample);
    const std::vector<Candidate> candidates = candidates_for(name);
    ClassRun run(name, std::move(samples), candidates, settings_, result);
    const auto start = Clock::now();
    run.inspect(engine_.get(), speed_, progress);
    speed_.seconds += milliseconds_since(start) / 1000;
    run.conclude();
  }
  progress.finish();

  for (CandidateResult& candidate : result.candidates) {
    if (candidate.classes.empty())
      throw Error(ErrorCode::kRead,
                  "no image of " + data.name + " could be inspected with " + candidate.name +
                      (result.problems.empty() ? ""
                                               : ": " + result.problems.back().file + ": " +
                                                     result.problems.back().what));
    candidate.mean = mean_of(candidate.classes);
    if (settings_.bootstrap == 0) continue;
    add_intervals_of_mean(candidate, settings_.bootstrap);
  }
  return result;
}

}  // namespace anomalyclip::trainer
