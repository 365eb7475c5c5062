#include "image/gpu_preprocess.h"

#include <algorithm>
#include <string>

#include <ATen/ops/empty.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <anomalyclip/error.h>

#include "core/cuda_launch.h"
#include "image/clip_statistics.h"
#include "image/preprocess_cuda.h"

namespace anomalyclip {
namespace {

static_assert(sizeof(ResizeWindow) == 3 * sizeof(std::int32_t));

/// Of other sizes a long run over a folder of images would keep too many.
constexpr std::size_t kMostAxes = 64;

/// The part of a frame that is needed, on the current stream's device, without waiting for it.
at::Tensor sent(const FrameView& frame, const Rect& part, at::Device device) {
  const auto bytes = static_cast<std::int64_t>(packed_bytes(frame, part));
  at::Tensor staging = at::empty({bytes}, at::TensorOptions(at::kByte).pinned_memory(true));
  pack_part(frame, part, staging.mutable_data_ptr<std::uint8_t>());
  return staging.to(device, /*non_blocking=*/true);
}

void check(const Size& size) {
  if (size.width < 1 || size.height < 1)
    throw Error(ErrorCode::kSettings, "resize: expected a size of at least 1x1, and found " +
                                          std::to_string(size.width) + "x" +
                                          std::to_string(size.height));
}

}  // namespace

void wait_for(const GpuImage& image) {
  const at::Device device = image.pixels.device();
  const c10::Stream current = c10::impl::VirtualGuardImpl(device.type()).getStream(device);
  image.ready->block(current);
  image.pixels.record_stream(
      current);  // its memory goes to nobody else before that stream is past it
}

GpuPreprocessor::GpuPreprocessor(at::Device device)
    : device_(device),
      stream_(c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device)) {}

GpuImage GpuPreprocessor::operator()(const FrameView& frame, const Rect& part, const Size& size) {
  check(size);
  validate(frame, part);
  const c10::StreamGuard guard(stream_);
  const bool in_place = frame.memory == FrameMemory::kCuda;
  const at::Tensor packed = in_place ? at::Tensor() : sent(frame, part, device_);
  const int width = static_cast<int>(size.width), height = static_cast<int>(size.height);
  const Axis across = axis(part.width, width), down = axis(part.height, height);
  const auto view = [](const Axis& of) {
    const auto* values = of.values.const_data_ptr<std::int32_t>();
    return ResizeAxisView{reinterpret_cast<const ResizeWindow*>(values), values + 3 * of.windows};
  };
  const at::TensorOptions bytes = at::TensorOptions(at::kByte).device(device_);
  const at::Tensor between = at::empty({part.height, width, 3}, bytes);
  at::Tensor out = at::empty({3, height, width}, bytes.dtype(at::kFloat));

  PreprocessJob job{};
  job.frame = in_place ? layout_of(frame)
                       : packed_layout(frame, part, packed.const_data_ptr<std::uint8_t>());
  job.part = part;
  job.width = width;
  job.height = height;
  job.across = view(across);
  job.down = view(down);
  std::copy_n(kClipMean.begin(), 3, job.mean);
  std::copy_n(kClipDeviation.begin(), 3, job.deviation);
  job.between = between.mutable_data_ptr<std::uint8_t>();
  job.out = out.mutable_data_ptr<float>();
  require_launched(preprocess_cuda(job, current_cuda_stream(device_)), "the resize");
  const auto ready = std::make_shared<c10::Event>(device_.type());
  ready->record(stream_);
  if (in_place) ready->synchronize();  // the frame is borrowed for this call only
  return {std::move(out), ready};
}

/// Made once for each pair of sizes: a stream asks for the same two with every frame.
GpuPreprocessor::Axis GpuPreprocessor::axis(int in, int out) {
  const std::lock_guard lock(mutex_);
  if (const auto found = axes_.find({in, out}); found != axes_.end()) return found->second;
  const ResizeAxis made = resize_axis(in, out, PillowFilter::kBicubic);
  const auto windows = static_cast<std::int64_t>(made.windows.size());
  const auto weights = static_cast<std::int64_t>(made.weights.size());
  const at::Tensor values = at::empty({3 * windows + weights}, at::kInt);
  auto* to = values.mutable_data_ptr<std::int32_t>();
  for (const ResizeWindow& window : made.windows) {
    *to++ = window.first;
    *to++ = window.count;
    *to++ = window.weights;
  }
  std::copy(made.weights.begin(), made.weights.end(), to);
  if (axes_.size() >= kMostAxes) axes_.clear();
  return axes_[{in, out}] = {values.to(device_), windows};
}

}  // namespace anomalyclip
