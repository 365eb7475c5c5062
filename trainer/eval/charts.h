#pragma once

#include <optional>
#include <string>

#include "metrics/image_metrics.h"

namespace anomalyclip::trainer {

// SVG pictures for the report; empty where one of the two kinds of image is missing (the histogram: where there is none).

/// False-positive rate to recall.
std::string roc_chart(const metrics::LabelledScores& images);

/// Recall to precision.
std::string precision_recall_chart(const metrics::LabelledScores& images);

/// How many good and anomalous images have which score, and where the threshold lies.
std::string score_histogram(const metrics::LabelledScores& images, std::optional<double> threshold);

}  // namespace anomalyclip::trainer
