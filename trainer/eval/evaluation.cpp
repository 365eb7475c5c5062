#include "eval/evaluation.h"

#include <cmath>
#include <limits>

namespace anomalyclip::trainer {
namespace {

/// Where the pixels' intervals were asked for.
template <metrics::Interval metrics::PixelIntervals::*of>
const metrics::Interval* of_pixels(const Numbers& numbers) {
  return numbers.pixel_intervals ? &((*numbers.pixel_intervals).*of) : nullptr;
}

template <typename Of>
double mean(const std::vector<ClassResult>& classes, Of&& of) {
  double sum = 0, count = 0;
  for (const ClassResult& result : classes) {
    const double value = of(result.numbers);
    if (std::isnan(value)) continue;
    sum += value;
    ++count;
  }
  return count > 0 ? sum / count : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

const std::vector<Metric>& all_metrics() {
  using N = const Numbers&;
  using P = metrics::PixelIntervals;
  static const std::vector<Metric> kMetrics = {
      {"image_auroc", "image AUROC", [](N n) { return n.image.auroc; },
       [](N n) { return n.intervals ? &n.intervals->auroc : nullptr; }},
      {"image_ap", "image AP", [](N n) { return n.image.ap; },
       [](N n) { return n.intervals ? &n.intervals->ap : nullptr; }},
      {"image_f1_max", "image F1-max", [](N n) { return n.image.f1_max; },
       [](N n) { return n.intervals ? &n.intervals->f1_max : nullptr; }},
      {"pixel_auroc", "pixel AUROC", [](N n) { return n.pixel.auroc; }, of_pixels<&P::auroc>},
      {"pixel_ap", "pixel AP", [](N n) { return n.pixel.ap; }, of_pixels<&P::ap>},
      {"pixel_f1_max", "pixel F1-max", [](N n) { return n.pixel.f1_max; }, of_pixels<&P::f1_max>},
      {"aupro", "AUPRO", [](N n) { return n.pixel.aupro; }, of_pixels<&P::aupro>},
      {"aupro_bergmann", "AUPRO exact", [](N n) { return n.pixel.aupro_bergmann; },
       of_pixels<&P::aupro_bergmann>},
      {"aupimo", "AUPIMO", [](N n) { return n.pixel.aupimo; }, of_pixels<&P::aupimo>},
  };
  return kMetrics;
}

metrics::LabelledScores labelled_scores(const ClassResult& result) {
  metrics::LabelledScores out;
  for (const SampleScore& sample : result.samples) {
    out.scores.push_back(sample.score);
    out.anomalous.push_back(sample.sample.anomalous);
  }
  return out;
}

Numbers mean_of(const std::vector<ClassResult>& classes) {
  using N = const Numbers&;
  Numbers out;
  out.image = {mean(classes, [](N n) { return n.image.auroc; }),
               mean(classes, [](N n) { return n.image.ap; }),
               mean(classes, [](N n) { return n.image.f1_max; })};
  out.pixel = {mean(classes, [](N n) { return n.pixel.auroc; }),
               mean(classes, [](N n) { return n.pixel.ap; }),
               mean(classes, [](N n) { return n.pixel.f1_max; }),
               mean(classes, [](N n) { return n.pixel.aupro; }),
               mean(classes, [](N n) { return n.pixel.aupro_bergmann; }),
               mean(classes, [](N n) { return n.pixel.aupimo; })};
  return out;
}

}  // namespace anomalyclip::trainer
