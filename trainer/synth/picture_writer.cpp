#include "picture_writer.h"

#include <atomic>
#include <exception>
#include <fstream>
#include <mutex>
#include <thread>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <anomalyclip/error.h>

namespace anomalyclip::synth {

namespace fs = std::filesystem;

void write_png(const cv::Mat& image, const fs::path& path) {
  fs::create_directories(path.parent_path());
  cv::Mat bgr = image;
  if (image.channels() == 3) cv::cvtColor(image, bgr, cv::COLOR_RGB2BGR);
  std::vector<uchar> file;
  cv::imencode(".png", bgr, file, {cv::IMWRITE_PNG_COMPRESSION, 1});
  const fs::path aside = path.string() + ".part";
  std::ofstream out(aside, std::ios::binary);
  out.write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
  out.close();
  if (!out)
    throw Error(ErrorCode::kRead,
                "Cannot write " + path.string() + ". Is there room, and permission?");
  fs::rename(aside, path);
}

void write_in_parallel(int count, const std::function<void(int)>& write,
                       const std::function<void(int)>& progress) {
  std::atomic<int> next = 0;
  int done = 0;
  std::mutex mutex;
  std::exception_ptr failure;
  const auto work = [&] {
    try {
      for (int i; (i = next++) < count;) {
        write(i);
        const std::lock_guard lock(mutex);
        progress(++done);
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
      next = count;
    }
  };
  std::vector<std::jthread> threads;
  for (unsigned t = 0; t < std::max(1u, std::thread::hardware_concurrency()); ++t)
    threads.emplace_back(work);
  threads.clear();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace anomalyclip::synth
