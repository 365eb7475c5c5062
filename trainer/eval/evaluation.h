#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/data_set.h"
#include "metrics/bootstrap.h"
#include "metrics/image_metrics.h"
#include "metrics/pixel_metrics.h"

namespace anomalyclip::trainer {

/// What one image of a class got.
struct SampleScore {
  Sample sample;
  float score = 0;
};

/// The numbers of a class, or their mean over classes. NaN where a number is not defined.
struct Numbers {
  metrics::ImageMetrics image{};
  metrics::PixelMetrics pixel{};
  std::optional<metrics::ImageIntervals> intervals;        ///< on request
  std::optional<metrics::PixelIntervals> pixel_intervals;  ///< likewise; none without pixel metrics
};

struct ClassResult {
  std::string name;
  std::vector<SampleScore> samples;  ///< those that could be inspected
  int good = 0, anomalous = 0;
  int with_mask = 0;  ///< of the anomalous; without any, there are no pixel metrics
  Numbers numbers;
  std::vector<metrics::PixelMetrics> pixel_draws;  ///< what the intervals are of
};

/// One way to score on one data set: a prompt file, or a saliency method.
struct CandidateResult {
  std::string name, method;
  std::optional<double> threshold;  ///< of the image score, where the prompts have one
  std::vector<ClassResult> classes;
  Numbers mean;  ///< over the classes that have the number
};

struct DataSetResult {
  std::string name;
  std::vector<CandidateResult> candidates;
  std::vector<Problem> problems;
};

/// What the inspection took; milliseconds are sums over images. Stages of several candidates overlap: an image is read,
/// preprocessed and encoded once for all that encode alike.
struct Speed {
  int images = 0;
  double seconds = 0;  ///< wall clock, everything but the metrics and the report
  double read = 0, preprocess = 0, encode = 0, map_and_score = 0;
};

struct Evaluation {
  std::string model;  ///< empty where only saliency was asked for
  std::vector<DataSetResult> data_sets;
  Speed speed;
};

/// A number of the tables.
struct Metric {
  const char* key;    ///< "image_auroc"
  const char* title;  ///< "image AUROC"
  double (*of)(const Numbers& numbers);
  const metrics::Interval* (*interval)(const Numbers& numbers);  ///< null where there is none
};

/// In the tables' order.
const std::vector<Metric>& all_metrics();

/// Scores and labels as the metrics take them.
metrics::LabelledScores labelled_scores(const ClassResult& result);

/// The unweighted mean of every metric over the classes that have it, as the paper has it.
Numbers mean_of(const std::vector<ClassResult>& classes);

}  // namespace anomalyclip::trainer
