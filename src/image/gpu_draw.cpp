#include <exception>

#include <ATen/ops/empty.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <anomalyclip/gpu_draw.h>

#include "core/cuda_launch.h"
#include "core/torch_errors.h"
#include "image/draw_cuda.h"
#include "image/draw_plan.h"
#include "image/frame_gpu.h"

namespace anomalyclip {
namespace {

void run(const DrawPlan::Jobs& jobs, void* stream) {
  if (jobs.map) require_launched(draw_cuda(*jobs.map, stream), "the heatmap");
  if (jobs.boxes) require_launched(draw_cuda(*jobs.boxes, stream), "the boxes");
  if (jobs.label) require_launched(draw_cuda(*jobs.label, stream), "the label");
}

}  // namespace

struct GpuOverlay::Gpu {
  explicit Gpu(c10::Device on)
      : device(on), stream(c10::impl::VirtualGuardImpl(on.type()).getStreamFromGlobalPool(on)) {}

  void draw(const DrawPlan& plan) {
    const c10::StreamGuard guard(stream);
    const auto bytes = static_cast<std::int64_t>(plan.bytes());
    const at::Tensor staging = at::empty({bytes}, at::TensorOptions(at::kByte).pinned_memory(true));
    plan.write(staging.mutable_data_ptr<std::uint8_t>());
    const at::Tensor block = staging.to(device, /*non_blocking=*/true);
    run(plan.jobs(block.const_data_ptr<std::uint8_t>()), current_cuda_stream(device));
    c10::Event drawn(device.type());
    drawn.record(stream);
    drawn.synchronize();  // the frame goes on to whoever reads it next
  }

  const c10::Device device;
  const c10::Stream stream;
};

GpuOverlay::GpuOverlay(const std::string& device) try
    : gpu_(std::make_unique<Gpu>(frame_gpu(device, "draw on"))) {
} catch (...) {
  std::rethrow_exception(translated(std::current_exception()));
}

GpuOverlay::~GpuOverlay() = default;

void GpuOverlay::draw(const MutableFrameView& frame, const MapView& map,
                      std::span<const Region> regions, const OverlayStyle& style) try {
  const DrawPlan plan(frame, map, regions, style);
  if (plan.bytes() > 0) gpu_->draw(plan);
} catch (...) {
  std::rethrow_exception(translated(std::current_exception()));
}

}  // namespace anomalyclip
