#pragma once

#include <map>
#include <string>
#include <vector>

namespace anomalyclip::bench {

/// What one contestant gave over all rounds.
struct Measured {
  std::string name;
  double start_up = 0;     ///< seconds from its start to its first frame's end
  double peak_memory = 0;  ///< MiB
  std::map<std::string, std::vector<double>> times;  ///< stage -> milliseconds a frame
  std::string difference;  ///< from ours in float32, where it was compared
};

/// The value that a fraction of the times lies below, interpolated.
/// @param times  not empty
double percentile(std::vector<double> times, double fraction);

/// Two tables in Markdown: the encoder of every contestant, with its ratio to the first one's; and all stages of those
/// that have them.
std::string to_tables(const std::string& title, const std::vector<Measured>& contestants);

}  // namespace anomalyclip::bench
