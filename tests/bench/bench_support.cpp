#include "bench_support.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <sys/resource.h>
#include <unistd.h>

namespace anomalyclip::benchmarks {

MachineLoad::MachineLoad() : begin_(now()) {}

MachineLoad::Seconds MachineLoad::now() {
  std::ifstream stat("/proc/stat");
  std::string cpu;
  double user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0;
  stat >> cpu >> user >> nice >> system >> idle >> iowait >> irq >> softirq;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now().time_since_epoch();
  return {wall.count(),
          (user + nice + system + irq + softirq) / static_cast<double>(sysconf(_SC_CLK_TCK)),
          seconds(usage.ru_utime) + seconds(usage.ru_stime)};
}

double MachineLoad::others() const {
  const Seconds end = now();
  const double cores = static_cast<double>(sysconf(_SC_NPROCESSORS_ONLN));
  const double others = (end.busy - begin_.busy) - (end.own - begin_.own);
  return std::max(0.0, others / (cores * (end.wall - begin_.wall)));
}

double anonymous_mib() {
  std::ifstream rollup("/proc/self/smaps_rollup");
  for (std::string word; rollup >> word;)
    if (word == "Anonymous:") {
      double kib = 0;
      rollup >> kib;
      return kib / 1024;
    }
  std::cerr << "/proc/self/smaps_rollup does not tell the memory of this process\n";
  std::exit(1);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 ? values[half] : (values[half - 1] + values[half]) / 2;
}

std::string number(double value, int digits) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(digits) << value;
  return text.str();
}

std::string spread(const std::vector<double>& values, int digits) {
  const auto [least, largest] = std::minmax_element(values.begin(), values.end());
  return number(median(values), digits) + " (" + number(*least, digits) + " to " +
         number(*largest, digits) + ")";
}

GstElement* play(const std::string& description) {
  GError* error = nullptr;
  GstElement* pipeline = gst_parse_launch(description.c_str(), &error);
  if (error) {
    std::cerr << description << ": " << error->message << '\n';
    std::exit(1);
  }
  if (gst_element_set_state(pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE ||
      gst_element_get_state(pipeline, nullptr, nullptr, 60 * GST_SECOND) ==
          GST_STATE_CHANGE_FAILURE) {
    std::cerr << "this pipeline does not play: " << description << '\n';
    std::exit(1);
  }
  return pipeline;
}

void stop(GstElement* pipeline) {
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
}

guint64 frames(GstElement* pipeline, const std::string& element, const char* field) {
  GstElement* found = gst_bin_get_by_name(GST_BIN(pipeline), element.c_str());
  GstStructure* stats = nullptr;
  g_object_get(found, "stats", &stats, nullptr);
  guint64 count = 0;
  gst_structure_get_uint64(stats, field, &count);
  gst_structure_free(stats);
  gst_object_unref(found);
  return count;
}

}  // namespace anomalyclip::benchmarks
