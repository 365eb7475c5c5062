// usage: cheaper VIDEO.y4m : what cheaper frames save and what they get wrong, on a line's video (I420, `anomalyclip synth
// --video`). Every frame goes through an element of each kind in turn, so that whatever else the machine does falls on all.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <memory>
#include <random>
#include <sstream>

#include <gst/anomaly/gstanomaly.h>
#include <gst/check/gstharness.h>

#include "bench_support.h"

namespace anomalyclip::benchmarks {
namespace {

struct Video {
  int width = 0, height = 0;
  std::vector<std::string> frames;  ///< I420
  std::string caps() const {
    return "video/x-raw,format=I420,framerate=25/1,width=" + std::to_string(width) +
           ",height=" + std::to_string(height);
  }
};

Video read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string line, field;
  Video video;
  if (!std::getline(file, line) || line.rfind("YUV4MPEG2", 0) != 0) {
    std::cerr << path << " is no y4m video\n";
    std::exit(1);
  }
  for (std::istringstream fields(line); fields >> field;) {
    if (field[0] == 'W') video.width = std::atoi(field.c_str() + 1);
    if (field[0] == 'H') video.height = std::atoi(field.c_str() + 1);
  }
  const std::size_t size = static_cast<std::size_t>(video.width) * video.height * 3 / 2;
  while (std::getline(file, line)) {
    std::string frame(size, '\0');
    if (file.read(frame.data(), static_cast<std::streamsize>(size)))
      video.frames.push_back(std::move(frame));
  }
  return video;
}

/// A line that moves on by 5 frames at once and then stands for 20, seen by a camera whose noise differs in each frame.
Video stop_and_go(const Video& line) {
  Video video = line;
  std::mt19937 random(1);
  for (std::size_t i = 0; i < line.frames.size(); ++i) {
    const std::size_t phase = i % 25, stop = i - phase;
    video.frames[i] = line.frames[phase < 5 ? i : std::min(stop + 5, line.frames.size() - 1)];
    for (char& sample : video.frames[i]) {
      const int noisy = static_cast<unsigned char>(sample) + static_cast<int>(random() % 7) - 3;
      sample = static_cast<char>(std::clamp(noisy, 0, 255));
    }
  }
  return video;
}

struct Inspection {
  double score, milliseconds;
  bool reused, anomalous;
  std::vector<float> map;
  guint width, height;
};

class Element {
 public:
  Element(const std::string& name, const std::string& properties, const std::string& caps)
      : name_(name) {
    GstElement* element =
        gst_parse_launch(("anomalyclip messages=none " + properties).c_str(), nullptr);
    harness_ = gst_harness_new_with_element(element, "sink", "src");
    gst_object_unref(element);
    gst_harness_set_src_caps_str(harness_, caps.c_str());
  }
  ~Element() { gst_harness_teardown(harness_); }
  Element(const Element&) = delete;

  void inspect(const std::string& frame) {
    GstBuffer* buffer = gst_buffer_new_memdup(frame.data(), frame.size());
    const auto begin = std::chrono::steady_clock::now();
    GstBuffer* out = gst_harness_push_and_pull(harness_, buffer);
    const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - begin;
    const GstAnomalyMeta* meta = gst_buffer_get_anomaly_meta(out);
    Inspection one{};
    one.milliseconds = time.count();
    one.score = gst_anomaly_meta_get_score(meta);
    one.anomalous = gst_anomaly_meta_get_verdict(meta) == GST_ANOMALY_VERDICT_ANOMALOUS;
    one.reused = gst_anomaly_meta_get_status(meta) == GST_ANOMALY_STATUS_REUSED;
    GBytes* map = gst_anomaly_meta_get_map(meta, &one.width, &one.height);
    gsize bytes = 0;
    const auto* values = static_cast<const float*>(g_bytes_get_data(map, &bytes));
    one.map.assign(values, values + bytes / sizeof(float));
    g_bytes_unref(map);
    gst_buffer_unref(out);
    inspections_.push_back(std::move(one));
  }

  const std::string& name() const { return name_; }
  const std::vector<Inspection>& inspections() const { return inspections_; }

 private:
  std::string name_;
  GstHarness* harness_;
  std::vector<Inspection> inspections_;
};

/// A map at a point, 0 to 1 along each axis.
double sample(const Inspection& one, double x, double y) {
  const auto column = std::min<guint>(one.width - 1, static_cast<guint>(x * one.width));
  const auto row = std::min<guint>(one.height - 1, static_cast<guint>(y * one.height));
  return one.map[static_cast<std::size_t>(row) * one.width + column];
}

/// Mean difference of two maps where both look: the second one sees this part of the first one's frame, in fractions.
double map_error(const Inspection& whole, const Inspection& part, double x, double y, double width,
                 double height) {
  constexpr int kSteps = 64;
  double sum = 0;
  for (int i = 0; i < kSteps; ++i)
    for (int j = 0; j < kSteps; ++j) {
      const double u = (j + 0.5) / kSteps, v = (i + 0.5) / kSteps;
      sum += std::abs(sample(whole, x + u * width, y + v * height) - sample(part, u, v));
    }
  return sum / (kSteps * kSteps);
}

struct Part {
  double x = 0, y = 0, width = 1, height = 1;
};

/// Against the first element, which inspects every frame.
void report(const Element& first, const Element& one, const Part& part) {
  std::vector<double> times, theirs;
  double score_error = 0, largest = 0, map_sum = 0;
  std::size_t reused = 0, other_verdicts = 0;
  const std::size_t count = one.inspections().size();
  for (std::size_t i = 0; i < count; ++i) {
    const Inspection &a = first.inspections()[i], &b = one.inspections()[i];
    theirs.push_back(a.milliseconds);
    times.push_back(b.milliseconds);
    reused += b.reused;
    other_verdicts += a.anomalous != b.anomalous;
    score_error += std::abs(a.score - b.score);
    largest = std::max(largest, std::abs(a.score - b.score));
    map_sum += map_error(a, b, part.x, part.y, part.width, part.height);
  }
  const auto total = [](const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values) sum += value;
    return sum;
  };
  const auto n = static_cast<double>(count);
  std::cout << "| " << one.name() << " | " << number(100 * static_cast<double>(reused) / n, 0)
            << " % | " << number(total(times) / total(theirs), 2) << " | "
            << number(median(times) / median(theirs), 2) << " | " << number(score_error / n, 4)
            << " | " << number(largest, 4) << " | " << number(map_sum / n, 4) << " | "
            << number(100 * static_cast<double>(other_verdicts) / n, 1) << " % |\n";
}

struct Kind {
  const char* properties;
  Part part = {};
};

void compare(const char* title, const Video& video, const std::vector<Kind>& kinds) {
  std::vector<std::unique_ptr<Element>> elements;
  for (const Kind& kind : kinds)
    elements.push_back(std::make_unique<Element>(*kind.properties ? kind.properties : "every frame",
                                                 kind.properties, video.caps()));
  const MachineLoad load;
  for (const std::string& frame : video.frames)
    for (auto& element : elements) element->inspect(frame);
  std::cout
      << "\n"
      << title << ": " << video.frames.size() << " frames of " << video.width << "x" << video.height
      << "; other processes used " << number(100 * load.others(), 0)
      << " % of the cores meanwhile\n\n"
      << "| | reused | time ÷ the first's | of the median frame | score differs by, mean | at "
         "most | map, mean | other verdicts |\n|---|---|---|---|---|---|---|---|\n";
  for (std::size_t i = 0; i < kinds.size(); ++i) report(*elements[0], *elements[i], kinds[i].part);
}

}  // namespace
}  // namespace anomalyclip::benchmarks

int main(int argc, char** argv) {
  using namespace anomalyclip::benchmarks;
  gst_init(nullptr, nullptr);
  if (argc != 2) {
    std::cerr << "usage: cheaper VIDEO.y4m\n";
    return 2;
  }
  const Video line = read(argv[1]);
  const std::vector<Kind> fewer = {{""},
                                   {"interval=2"},
                                   {"interval=5"},
                                   {"skip-unchanged=0.01"},
                                   {"skip-unchanged=0.02"},
                                   {"skip-unchanged=0.05"},
                                   {"skip-unchanged=0.1"}};
  compare("A line that moves", line, fewer);
  compare("A line that stands four fifths of the time", stop_and_go(line), fewer);
  compare("Parts of the frame", line,
          {{""},
           {"roi=0.25,0,0.5,1", {0.25, 0, 0.5, 1}},
           {"roi=0.25,0,0.5,1 roi-keep-scale=true", {0.25, 0, 0.5, 1}},
           {"roi=0.25,0.25,0.5,0.5 roi-keep-scale=true", {0.25, 0.25, 0.5, 0.5}},
           {"roi=0.375,0.375,0.25,0.25 roi-keep-scale=true", {0.375, 0.375, 0.25, 0.25}}});
}
