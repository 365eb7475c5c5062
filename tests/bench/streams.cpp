// usage: streams [ROUNDS [SECONDS]] : how many frames a second 1, 2, 4 and 8 streams of the demo model get from one engine, and
// what N elements cost in memory. Each round has every case once, so that whatever else the machine does falls on all of them.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>

#include "bench_support.h"

namespace anomalyclip::benchmarks {
namespace {

struct Case {
  std::string name;  ///< of what is set beside the number of streams
  int streams;
  std::string properties;
};

struct Measured {
  std::vector<double> rate, ratio, least_share;
};

std::string branch(int stream, const std::string& properties) {
  return "videotestsrc num-buffers=1 ! video/x-raw,format=I420,width=640,height=480,framerate=25/1 "
         "! imagefreeze ! anomalyclip messages=none latency-report=false name=stream" +
         std::to_string(stream) + " " + properties + " ! fakesink sync=false async=false  ";
}

std::string branches(int streams, const std::string& properties) {
  std::string description;
  for (int i = 0; i < streams; ++i) description += branch(i, properties);
  return description;
}

std::vector<guint64> counts(GstElement* pipeline, int streams) {
  std::vector<guint64> all;
  for (int i = 0; i < streams; ++i)
    all.push_back(frames(pipeline, "stream" + std::to_string(i), "frames-inspected"));
  return all;
}

/// Frames a second of each stream.
std::vector<double> rates(const Case& one, double seconds) {
  GstElement* pipeline = play(branches(one.streams, one.properties));
  g_usleep(G_USEC_PER_SEC / 2);
  const gint64 begin = g_get_monotonic_time();
  const std::vector<guint64> before = counts(pipeline, one.streams);
  g_usleep(static_cast<gulong>(seconds * G_USEC_PER_SEC));
  const std::vector<guint64> after = counts(pipeline, one.streams);
  const double elapsed = static_cast<double>(g_get_monotonic_time() - begin) / G_USEC_PER_SEC;
  stop(pipeline);
  std::vector<double> all;
  for (std::size_t i = 0; i < before.size(); ++i)
    all.push_back(static_cast<double>(after[i] - before[i]) / elapsed);
  return all;
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const int streams : {1, 2, 4, 8}) all.push_back({"", streams, ""});
  all.push_back({"queue-depth=3", 1, "queue-depth=3"});
  all.push_back({"threads=1", 1, "threads=1"});
  all.push_back({"threads=1", 8, "threads=1"});
  for (const int streams : {4, 8})
    all.push_back({"batch-size=4 batch-timeout=5", streams, "batch-size=4 batch-timeout=5"});
  return all;
}

void throughput(int rounds, double seconds) {
  const std::vector<Case> all = cases();
  std::vector<Measured> measured(all.size());
  const MachineLoad load;
  for (int round = 0; round < rounds; ++round) {
    double first = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const std::vector<double> each = rates(all[i], seconds);
      double sum = 0;
      for (const double rate : each) sum += rate;
      if (i == 0) first = sum;
      measured[i].rate.push_back(sum);
      measured[i].ratio.push_back(sum / first);
      measured[i].least_share.push_back(*std::min_element(each.begin(), each.end()) *
                                        static_cast<double>(each.size()) / sum);
    }
  }
  std::cout << "640x480, demo model, " << rounds << " rounds of " << number(seconds)
            << " s a case; other processes used " << number(100 * load.others(), 0)
            << " % of the cores meanwhile\n\n"
            << "| streams | | frames/s, all streams | ÷ one stream's | least stream ÷ its share |\n"
            << "|---|---|---|---|---|\n";
  for (std::size_t i = 0; i < all.size(); ++i)
    std::cout << "| " << all[i].streams << " | " << all[i].name << " | " << spread(measured[i].rate)
              << " | " << spread(measured[i].ratio, 2) << " | "
              << number(median(measured[i].least_share), 2) << " |\n";
}

/// In a process of its own, which says its memory once all elements have inspected something.
void hold(int streams, bool shared) {
  std::string description;
  for (int i = 0; i < streams; ++i)
    description += branch(i, shared ? "" : "model-instance-id=" + std::to_string(i));
  GstElement* pipeline = play(description);
  for (int i = 0; i < streams; ++i)
    while (frames(pipeline, "stream" + std::to_string(i), "frames-inspected") < 20) g_usleep(1000);
  std::cout << anonymous_mib() << std::endl;
  stop(pipeline);
}

double memory_of(const std::string& program, int streams, const char* kind) {
  FILE* child = popen((program + " hold " + std::to_string(streams) + " " + kind).c_str(), "r");
  double mib = 0;
  if (!child || std::fscanf(child, "%lf", &mib) != 1 || pclose(child) != 0) {
    std::cerr << "the process that holds " << streams << " elements failed\n";
    std::exit(1);
  }
  return mib;
}

void memory(const std::string& program) {
  std::cout
      << "\nMiB of memory that no file backs, of the process:\n\n"
      << "| elements | one set of weights | one set each (model-instance-id) |\n|---|---|---|\n";
  for (const int streams : {1, 2, 4, 8})
    std::cout << "| " << streams << " | " << number(memory_of(program, streams, "shared")) << " | "
              << number(memory_of(program, streams, "apart")) << " |\n";
}

}  // namespace
}  // namespace anomalyclip::benchmarks

int main(int argc, char** argv) {
  using namespace anomalyclip::benchmarks;
  gst_init(nullptr, nullptr);
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (!arguments.empty() && arguments[0] == "hold") {
    hold(std::atoi(arguments.at(1).c_str()), arguments.at(2) == "shared");
    return 0;
  }
  throughput(arguments.empty() ? 5 : std::atoi(arguments[0].c_str()),
             arguments.size() < 2 ? 3 : std::atof(arguments[1].c_str()));
  memory(argv[0]);
}
