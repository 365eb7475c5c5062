// usage: soak [FRAMES] : 20,000 frames of the demo model through all three elements, and what memory grows by meanwhile.
#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "bench_support.h"

int main(int argc, char** argv) {
  using namespace anomalyclip::benchmarks;
  gst_init(nullptr, nullptr);
  const guint64 total = argc > 1 ? static_cast<guint64>(std::atoll(argv[1])) : 20000;
  const guint64 step = std::max<guint64>(1, total / 10);
  const MachineLoad load;
  const gint64 begin = g_get_monotonic_time();
  GstElement* pipeline = play(
      "videotestsrc pattern=ball num-buffers=" + std::to_string(total) +
      " ! video/x-raw,format=I420,width=640,height=480,framerate=25/1 ! anomalyclip name=stream "
      "queue-depth=2 messages=none pixel-threshold=0.3 ! anomalyoverlay overlay=both ! "
      "anomalypublish location=/dev/null ! fakesink sync=false async=false");
  std::cout << "frames   anonymous memory, MiB\n";
  double first = 0, last = 0;
  for (guint64 next = step; next <= total; next += step) {
    while (frames(pipeline, "stream", "frames-inspected") < next) g_usleep(10000);
    last = anonymous_mib();
    if (next == step) first = last;
    std::cout << next << "\t" << number(last) << std::endl;
  }
  const double seconds = static_cast<double>(g_get_monotonic_time() - begin) / G_USEC_PER_SEC;
  std::cout << "growth from frame " << step << " to frame " << total << ": " << number(last - first)
            << " MiB; " << number(static_cast<double>(total) / seconds)
            << " frames/s; other processes used " << number(100 * load.others(), 0)
            << " % of the cores\n";
  stop(pipeline);
}
