#include "image/gpu_cell_means.h"

#include <algorithm>

#include <ATen/ops/empty.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "core/cuda_launch.h"
#include "image/cell_means.h"
#include "image/cells_cuda.h"
#include "image/frame_gpu.h"

namespace anomalyclip {

GpuCellMeans::GpuCellMeans(const std::string& device)
    : device_(frame_gpu(device, "compare")),
      stream_(c10::impl::VirtualGuardImpl(device_.type()).getStreamFromGlobalPool(device_)) {}

void GpuCellMeans::operator()(const FrameView& frame, const Rect& part,
                              std::vector<std::uint16_t>& means) const {
  const c10::StreamGuard guard(stream_);
  CellsJob job = cells_job(frame, part);
  const at::Tensor made = at::empty({job.cells()}, at::TensorOptions(at::kUInt16).device(device_));
  job.means = made.mutable_data_ptr<std::uint16_t>();
  require_launched(cells_cuda(job, current_cuda_stream(device_)), "the comparison of frames");
  const at::Tensor host = made.cpu();  // which waits
  means.resize(static_cast<std::size_t>(job.cells()));
  std::copy_n(host.const_data_ptr<std::uint16_t>(), means.size(), means.begin());
}

}  // namespace anomalyclip
