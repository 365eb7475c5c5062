#pragma once

#include <string>
#include <vector>

#include <gst/gst.h>

namespace anomalyclip::benchmarks {

/// What the machine did while something was measured: a benchmark beside other work is a guess.
class MachineLoad {
 public:
  MachineLoad();

  /// Part of all cores, 0 to 1, that other processes have used since construction.
  double others() const;

 private:
  struct Seconds {
    double wall, busy, own;
  };
  static Seconds now();
  Seconds begin_;
};

/// Memory of this process that no file backs, in MiB: weights, activations, buffers.
double anonymous_mib();

double median(std::vector<double> values);

/// "12.3", and "12.3 (11.0 to 13.5)" of several rounds: the median, and the least and the largest.
std::string number(double value, int digits = 1);
std::string spread(const std::vector<double>& values, int digits = 1);

/// A pipeline that plays, or a message on standard error and exit(1).
GstElement* play(const std::string& description);
void stop(GstElement* pipeline);

/// A field of `stats` of the element of this name in the pipeline.
guint64 frames(GstElement* pipeline, const std::string& element, const char* field);

}  // namespace anomalyclip::benchmarks
