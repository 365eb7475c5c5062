#include "bench/report.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>

namespace anomalyclip::bench {
namespace {

const std::vector<std::string> kStages = {"preprocess", "encode",  "map",
                                          "score",      "regions", "draw"};

/// Three digits that mean something: 0.123, 12.3, 1230.
std::string short_number(double value) {
  std::ostringstream text;
  text << std::fixed
       << std::setprecision(value < 1     ? 3
                            : value < 10  ? 2
                            : value < 100 ? 1
                                          : 0)
       << value;
  return text.str();
}

std::string encoder_row(const Measured& one, const Measured& first) {
  const std::vector<double>& encode = one.times.at("encode");
  const double p50 = percentile(encode, 0.5), least = percentile(encode, 0);
  const std::vector<double>& reference = first.times.at("encode");
  std::ostringstream row;
  row << "| " << one.name << " | " << short_number(p50) << " | "
      << short_number(percentile(encode, 0.95)) << " | " << short_number(least) << " | "
      << short_number(p50 / percentile(reference, 0.5)) << " | "
      << short_number(least / percentile(reference, 0)) << " | " << encode.size() << " | "
      << short_number(one.start_up) << " s | " << std::lround(one.peak_memory) << " MiB | "
      << (one.difference.empty() ? "" : one.difference) << " |\n";
  return row.str();
}

std::string stages_row(const Measured& one) {
  std::ostringstream row;
  row << "| " << one.name;
  for (const std::string& stage : kStages)
    row << " | " << short_number(percentile(one.times.at(stage), 0.5));
  const std::vector<double>& whole = one.times.at("whole");
  for (const double fraction : {0.5, 0.95, 0.0})
    row << " | " << short_number(percentile(whole, fraction));
  row << " |\n";
  return row.str();
}

}  // namespace

double percentile(std::vector<double> times, double fraction) {
  std::sort(times.begin(), times.end());
  const double at = fraction * static_cast<double>(times.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, times.size() - 1);
  return times[below] + (at - static_cast<double>(below)) * (times[above] - times[below]);
}

std::string to_tables(const std::string& title, const std::vector<Measured>& contestants) {
  std::ostringstream text;
  text << "### " << title << "\n\n"
       << "Encoder, ms a frame:\n\n"
       << "| | p50 | p95 | min | p50 ÷ first's | min ÷ first's | frames | start-up | peak memory | "
          "differs by |\n"
       << "|---|---|---|---|---|---|---|---|---|---|\n";
  for (const Measured& one : contestants) text << encoder_row(one, contestants.front());
  text << "\nAll stages, ms a frame (p50):\n\n| ";
  for (const std::string& stage : kStages) text << "| " << stage << ' ';
  text << "| whole, p50 | p95 | min |\n|---|---|---|---|---|---|---|---|---|---|\n";
  for (const Measured& one : contestants)
    if (one.times.contains("whole")) text << stages_row(one);
  return text.str();
}

}  // namespace anomalyclip::bench
