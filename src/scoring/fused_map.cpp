#include "scoring/fused_map.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <c10/core/DeviceGuard.h>

#include "core/cuda_launch.h"
#include "scoring/map_cuda.h"
#include "scoring/map_host.h"
#include "scoring/map_operators.h"

namespace anomalyclip {

namespace {

bool host_takes(const at::Tensor& tensor) {
  return tensor.is_cpu() && tensor.scalar_type() == at::kFloat && !at::GradMode::is_enabled();
}

void run(const AbnormalityJob& job, at::Device device) {
  if (device.is_cpu()) return abnormality_on_host(job);
  require_launched(abnormality_cuda(job, current_cuda_stream(device)), "the similarity");
}

void run(const MapJob& job, at::Device device) {
  if (device.is_cpu()) return map_on_host(job);
  require_launched(map_cuda(job, current_cuda_stream(device)), "the anomaly map");
}

}  // namespace

bool fuses_map(const Taps& taps) {
  std::size_t count = 0;
  for (const auto& kinds : taps) count += kinds.size();
  if (count == 0 || count > AbnormalityJob::kMostTaps) return false;
  const at::Tensor& first = taps[0].at(0);
  return host_takes(first) || kernels_take(first);
}

at::Tensor fused_abnormality(const Taps& taps, const at::Tensor& text, double temperature) {
  const at::Tensor& first = taps[0].at(0);
  const c10::DeviceGuard guard(first.device());
  AbnormalityJob job{};
  std::vector<at::Tensor> kept;  // until the launch: copies, where one was needed
  for (const auto& kinds : taps) {
    for (const at::Tensor& tokens : kinds) {
      kept.push_back(tokens.contiguous());
      job.taps[job.tap_count++] = kept.back().const_data_ptr<float>();
    }
    job.ends_layer[job.tap_count - 1] = true;
  }
  kept.push_back(text.contiguous());
  job.text = kept.back().const_data_ptr<float>();
  job.layer_count = static_cast<std::int32_t>(taps.size());
  job.temperature = static_cast<float>(temperature);
  job.images = first.size(0);
  job.patches = first.size(1) - 1;
  job.width = static_cast<std::int32_t>(first.size(2));
  const at::Tensor out = at::empty({job.images, job.patches}, first.options());
  job.out = out.mutable_data_ptr<float>();
  run(job, first.device());
  return out;
}

at::Tensor fused_map(const at::Tensor& patches_in, const Size& size, double sigma) {
  const c10::DeviceGuard guard(patches_in.device());
  const at::Tensor patches = patches_in.contiguous();
  const auto axis = [&](std::int64_t dimension, std::int64_t length) {
    return kept_map_operator(patches.size(dimension), length, sigma, Corners::kFree,
                             patches.device());
  };
  const at::Tensor down = axis(1, size.height), across = axis(2, size.width);
  const at::Tensor map = at::empty({patches.size(0), size.height, size.width}, patches.options());
  const MapJob job{
      .patches = patches.const_data_ptr<float>(),
      .down = down.const_data_ptr<float>(),
      .across = across.const_data_ptr<float>(),
      .images = patches.size(0),
      .rows = static_cast<std::int32_t>(patches.size(1)),
      .columns = static_cast<std::int32_t>(patches.size(2)),
      .height = static_cast<std::int32_t>(size.height),
      .width = static_cast<std::int32_t>(size.width),
      .map = map.mutable_data_ptr<float>(),
  };
  run(job, patches.device());
  return map;
}

}  // namespace anomalyclip
