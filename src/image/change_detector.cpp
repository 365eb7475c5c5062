#include <algorithm>
#include <cstdlib>
#include <exception>

#include <anomalyclip/change.h>
#include <anomalyclip/error.h>

#include "core/torch_errors.h"
#include "image/cell_means.h"
#include "image/gpu_cell_means.h"
#include "image/pixel_format.h"

namespace anomalyclip {

bool ChangeDetector::comparable(const Picture& a, const Picture& b) {
  return a.format == b.format && a.part == b.part && a.width == b.width && a.height == b.height;
}

void ChangeDetector::use_gpu(const std::string& device) try {
  gpu_ = std::make_shared<const GpuCellMeans>(device);
} catch (...) {
  std::rethrow_exception(translated(std::current_exception()));
}

void ChangeDetector::look_at(const FrameView& frame, const Rect& part) try {
  if (frame.memory == FrameMemory::kHost) return cell_means(frame, part, seen_.means);
  if (!gpu_)
    throw Error(
        ErrorCode::kSettings,
        "to compare frames: expected one in host memory, and found one in GPU memory: name its "
        "device with use_gpu() first");
  (*gpu_)(frame, part, seen_.means);
} catch (...) {
  std::rethrow_exception(translated(std::current_exception()));
}

double ChangeDetector::difference(const FrameView& frame, const Rect& part) {
  validate(frame, part);
  seen_.width = 0;  // where it cannot be read, nothing has been seen
  look_at(frame, part);
  seen_.format = frame.format;
  seen_.part = part;
  seen_.width = frame.width;
  seen_.height = frame.height;
  if (!comparable(seen_, remembered_)) return 1;
  int largest = 0;
  for (std::size_t i = 0; i < seen_.means.size(); ++i)
    largest = std::max(largest, std::abs(seen_.means[i] - remembered_.means[i]));
  return largest / (255.0 * kMeanOfOne);
}

}  // namespace anomalyclip
